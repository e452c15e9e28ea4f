"""Two bags become one: what a guest gathered joins the bag of the account they sign in to."""

from collections.abc import Iterable
from dataclasses import dataclass

from shop.cart.services import held_by
from shop.cart.stores import MAX_LINES, MAX_QUANTITY, MergedLine, StoredCart, StoredLine, joined, store
from shop.catalog.models import ProductVariant

JOINED = "What you put in your bag here has joined what you had left in your account's bag."


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of one piece of the guest's bag."""

    variant: ProductVariant
    line: MergedLine

    @property
    def name(self) -> str:
        size = self.variant.size.name
        return self.variant.product.name + ("" if size.lower() == "one size" else f" in {size}")

    @property
    def fits(self) -> bool:
        """Whether it found room in the bag."""
        return self.line.now > 0

    @property
    def words(self) -> str:
        """What its owner has to be told of a quantity; empty where all units came along."""
        together = self.line.before + self.line.brought
        if self.line.now >= together or not self.fits:
            return ""
        most = f"at most {MAX_QUANTITY} are sold at once" if self.line.now == MAX_QUANTITY else "that is all there is"
        return f"{self.name}: your bag has {self.line.now} instead of {together}, as {most}."


@dataclass(frozen=True, slots=True)
class Merged:
    """A guest's bag that was taken in. met: the account's bag had something in it already."""

    pieces: tuple[Joined, ...] = ()
    met: bool = False

    @property
    def left(self) -> list[ProductVariant]:
        """What found no room."""
        return [piece.variant for piece in self.pieces if not piece.fits]

    @property
    def words(self) -> list[str]:
        """What to tell the customer; nothing where their bag is as it was."""
        told = [JOINED] if self.met and self.pieces else []
        told += [piece.words for piece in self.pieces if piece.words]
        if left := ", ".join(piece.name for piece in self.pieces if not piece.fits):
            told.append(f"A bag takes {MAX_LINES} different pieces, so these are on your wish list now: {left}.")
        return told


def merge(source: str, target: str) -> Merged:
    """Take the bag of the one key into that of the other, once, as far as stock goes."""
    bags = both(source, target)
    held = held_by({source, target}.union(*(bag.keys for bag in bags))).units
    found = pieces(line.variant_id for bag in bags for line in bag.lines)
    most = {pk: variant.available + held.get(pk, 0) for pk, variant in found.items()}
    moved = store().merge(source, target, most)
    if late := {line.variant_id for line in moved} - set(found):
        # Put in between the look and the deed.
        found |= pieces(late)
    met = any(bag.key == target and bag.lines for bag in bags)
    # A piece that was deleted meanwhile has nothing to tell.
    return Merged(tuple(Joined(found[line.variant_id], line) for line in moved if line.variant_id in found), met)


def foreseen(source: str, target: str) -> Merged:
    """What merge() would find no room for, as the bags are now."""
    lines: dict[str, tuple[StoredLine, ...]] = {bag.key: bag.lines for bag in both(source, target)}
    moved = [line for line in joined(lines.get(source, ()), lines.get(target, ()), {})[1] if not line.now]
    found = pieces(line.variant_id for line in moved)
    return Merged(tuple(Joined(found[line.variant_id], line) for line in moved if line.variant_id in found))


def both(source: str, target: str) -> list[StoredCart]:
    """Those of the two bags that there are."""
    return [bag for bag in (store().load(source), store().load(target)) if bag]


def pieces(variant_ids: Iterable[int]) -> dict[int, ProductVariant]:
    """These variants by id, with their names and what can be had of each."""
    variants = ProductVariant.objects.select_related("product", "colour", "size").with_available()
    return variants.in_bulk(list(set(variant_ids)))
