"""What a visitor has chosen of a product: the colour shown, the size taken, what it costs and what is left of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from shop.catalog.models import Colour, Product, ProductImage, ProductVariant, ProductVariantQuerySet

# At or below this the product page and the bag say how many are left.
FEW = 3


@dataclass(frozen=True, slots=True)
class ColourOption:
    colour: Colour
    url: str
    chosen: bool
    in_stock: bool  # in any size
    in_size: bool  # in the chosen size, or in any where none is chosen
    picture: ProductImage | None


@dataclass(frozen=True, slots=True)
class SizeOption:
    name: str
    chosen: bool
    available: int


@dataclass(frozen=True, slots=True)
class Choice:
    """A product page's state. `variant` is None until a size is chosen; `shown` are the variants of the colour."""

    colour: Colour | None
    variant: ProductVariant | None
    shown: Sequence[ProductVariant]
    colours: Sequence[ColourOption]
    sizes: Sequence[SizeOption]
    pictures: Sequence[ProductImage]

    @property
    def priced(self) -> ProductVariant | None:
        """The variant whose price is shown: the chosen one, else the cheapest of the colour."""
        return self.variant or min(self.shown, key=lambda variant: variant.price, default=None)

    @property
    def from_price(self) -> bool:
        """Whether other sizes of the colour cost more than the price shown."""
        return self.variant is None and len({variant.price for variant in self.shown}) > 1

    @property
    def in_stock(self) -> bool:
        """Whether what is chosen so far can be bought: the variant, or any size of the colour."""
        candidates = [self.variant] if self.variant else self.shown
        return any(variant.available > 0 for variant in candidates)

    @property
    def purchasable(self) -> bool:
        """Whether any size of the colour can be bought."""
        return any(variant.available > 0 for variant in self.shown)

    @property
    def few_left(self) -> int:
        """How many are left of the chosen variant, where that is few; else 0."""
        left = self.variant.available if self.variant and not self.later else 0
        return left if left <= FEW else 0

    @property
    def later(self) -> bool:
        """Whether the chosen variant is sold before it is here."""
        return self.variant is not None and self.variant.ready <= 0 < self.variant.available

    @property
    def elsewhere(self) -> list[ColourOption]:
        """Other colours to be had in the chosen size, offered where the colour shown cannot be bought in it."""
        return [option for option in self.colours if option.in_size and not option.chosen]

    @property
    def system(self) -> str:
        """What the sizes are sizes of, such as 'UK / regular'."""
        return self.shown[0].size.system.label if self.shown else ""


def variants_of(product: Product) -> ProductVariantQuerySet:
    """The product's active variants and their stock; colour, size and system are still to be read along."""
    return _on_sale().filter(product=product)


@cache
def _on_sale() -> ProductVariantQuerySet:
    """Kept, to be filtered and never read itself: to put it together takes longer than the database for its answer."""
    return ProductVariant.objects.filter(is_active=True).with_available()


def choose(
    product: Product, variants: Sequence[ProductVariant], images: Sequence[ProductImage], *, colour: str, size: str
) -> Choice:
    """What a page for this colour (slug) and size (name) shows. An unknown colour or size is as if not named.

    Variants carry their colour, size, system and `available`. Colours keep the order in which they were made, those
    sold out last, as on the cards: the first is shown unless another is asked for.
    """
    groups: dict[int, list[ProductVariant]] = {}
    for variant in sorted(variants, key=lambda variant: variant.pk):
        groups.setdefault(variant.colour_id, []).append(variant)
    ordered = sorted(groups.values(), key=lambda group: not any(variant.available > 0 for variant in group))
    shown = next((group for group in ordered if group[0].colour.slug == colour), ordered[0] if ordered else [])
    shown = sorted(shown, key=lambda variant: (variant.size.system_id, variant.size.position))
    chosen = next((variant for variant in shown if variant.size.name.lower() == size.lower()), None)
    if chosen is None and len(shown) == 1:
        chosen = shown[0]
    here = shown[0].colour if shown else None
    return Choice(
        colour=here,
        variant=chosen,
        shown=shown,
        colours=[_option(product, group, here, chosen, images) for group in ordered],
        sizes=[SizeOption(v.size.name, v is chosen, v.available) for v in shown],
        pictures=_pictures(here, images),
    )


def _option(
    product: Product,
    group: Sequence[ProductVariant],
    here: Colour | None,
    chosen: ProductVariant | None,
    images: Sequence[ProductImage],
) -> ColourOption:
    """A link to the page in that colour, which keeps the chosen size where the colour has it too."""
    colour = group[0].colour
    query = {"colour": colour.slug}
    same_size = [variant for variant in group if not chosen or variant.size_id == chosen.size_id]
    if chosen and same_size:
        query["size"] = chosen.size.name
    return ColourOption(
        colour=colour,
        url=f"{product.get_absolute_url()}?{urlencode(query)}",
        chosen=colour == here,
        in_stock=any(variant.available > 0 for variant in group),
        in_size=any(variant.available > 0 for variant in same_size),
        picture=next(iter(_pictures(colour, images)), None),
    )


def _pictures(colour: Colour | None, images: Sequence[ProductImage]) -> list[ProductImage]:
    """The colour's own pictures, then those that stand for all colours; any rather than none."""
    own = [image for image in images if colour and image.colour_id == colour.pk]
    shared = [image for image in images if image.colour_id is None]
    return own + shared or list(images)
