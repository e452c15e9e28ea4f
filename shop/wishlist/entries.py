"""A wish list as its owner sees it: each piece with today's price, stock and sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings

from shop.catalog.models import ProductListing, ProductVariant
from shop.core.money import Money
from shop.wishlist.models import WishItem, WishList


@dataclass(frozen=True, slots=True)
class Entry:
    """One piece. sizes: its variants that are sold, in the order of sizes, none where it is not sold any more."""

    item: WishItem
    sizes: Sequence[ProductVariant]
    picture: Mapping[str, str]

    @property
    def chosen(self) -> ProductVariant | None:
        """The size that was saved, or the only one there is; None where one is still to be chosen."""
        if len(self.sizes) == 1:
            return self.sizes[0]
        return next((size for size in self.sizes if size.pk == self.item.variant_id), None)

    @property
    def name(self) -> str:
        return self.item.product.name

    @property
    def priced(self) -> ProductVariant | None:
        """The variant whose price is shown: the chosen one, else the cheapest."""
        return self.chosen or min(self.sizes, key=lambda size: size.price, default=None)

    @property
    def price(self) -> Money | None:
        return self.priced.unit_price if self.priced else None

    @property
    def from_price(self) -> bool:
        """Whether another size costs more than the price shown."""
        return self.chosen is None and len({size.price for size in self.sizes}) > 1

    @property
    def in_stock(self) -> bool:
        """Whether any size can be had."""
        return any(size.available > 0 for size in self.sizes)

    @property
    def chosen_is_gone(self) -> bool:
        """Whether the size that was saved is sold out, while others are not."""
        return self.chosen is not None and self.chosen.available <= 0

    @property
    def url(self) -> str:
        """The product page in that colour and size."""
        query = {"colour": self.item.colour.slug}
        if self.chosen:
            query["size"] = self.chosen.size.name
        return f"{self.item.product.get_absolute_url()}?{urlencode(query)}"


def entries_of(wish_list: WishList | None) -> list[Entry]:
    """Newest first. Three queries, however many pieces."""
    items = list(wish_list.items.select_related("product", "colour")) if wish_list else []
    if not items:
        return []
    products = {item.product_id for item in items}
    sold: dict[tuple[int, int], list[ProductVariant]] = {}
    variants = ProductVariant.objects.sellable().filter(product__in=products, currency=settings.SHOP_CURRENCY)
    for variant in variants.select_related("size").with_available().order_by("size__position", "pk"):
        sold.setdefault((variant.product_id, variant.colour_id), []).append(variant)
    rows = ProductListing.objects.filter(pk__in=products).values_list("pk", "colours")
    pictures = {(pk, colour["slug"]): colour.get("image") or {} for pk, colours in rows for colour in colours}
    return [
        Entry(
            item,
            sold.get((item.product_id, item.colour_id), []),
            pictures.get((item.product_id, item.colour.slug), {}),
        )
        for item in items
    ]


def pieces_on(wish_list: WishList | None) -> list[str]:
    """What is on the list, as the buttons of cards and product pages name it: "12:sky"."""
    if wish_list is None:
        return []
    rows = wish_list.items.values_list("product_id", "colour__slug")
    return list(dict.fromkeys(f"{product}:{slug}" for product, slug in rows))
