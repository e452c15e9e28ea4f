"""Which promotions a bag is offered, read in one query. What its own unpaid order has used counts as not used."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Value

from shop.catalog.models import Category
from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.marketing.discounts import Terms
from shop.marketing.models import Promotion, standing_uses, typed_code
from shop.marketing.reasons import UNKNOWN, Refusal, refusal_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks for what: the code typed, the customer (normalised e-mail) and the keys of the bag, where known."""

    currency: str
    code: str = ""
    customer: str = ""
    bag_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offered:
    """A promotion as read for one bag. used: how often others have used it; used_by: how often this customer has."""

    promotion: Promotion
    used: int
    used_by: int
    voucher_id: int | None = None
    code: str = ""
    code_left: bool = True

    @property
    def is_spent(self) -> bool:
        most = self.promotion.max_uses
        return not self.code_left or (most is not None and self.used >= most)

    @property
    def is_used_by_customer(self) -> bool:
        most = self.promotion.max_uses_per_customer
        return most is not None and self.used_by >= most


@dataclass(frozen=True, slots=True)
class Offers:
    """Terms of all that may apply; typed: those of the code; refusal: why the code is of no use to anybody."""

    terms: list[Terms] = field(default_factory=list)
    typed: Terms | None = None
    refusal: Refusal | None = None


def offers(asked: Asked, catalogue: Snapshot | None = None) -> Offers:
    """One query; with a catalogue none where it knows of no promotion, without one another where categories matter."""
    if catalogue and not asked.code and not any_runs(catalogue):
        return Offers()
    now = clock.now()
    code = typed_code(asked.code)
    rows = list(candidates(asked, code))
    tree = category_tree(catalogue) if any(row.own_categories for row in rows) else {}
    automatic = [terms_of(row, tree) for row in rows if not row.needs_code and not offered_of(row).is_spent]
    found = next((row for row in rows if row.needs_code), None)
    if found is None:
        return Offers(automatic, refusal=UNKNOWN if asked.code else None)
    if refusal := refusal_of(offered_of(found), now):
        return Offers(automatic, refusal=refusal)
    typed = terms_of(found, tree)
    return Offers([*automatic, typed], typed)


def candidates(asked: Asked, code: str) -> QuerySet[Any]:
    """Promotions for everybody that run now, and the one of that code whatever its state."""
    wanted = Q(pk__in=Promotion.objects.running().filter(needs_code=False))
    rows: Any = Promotion.objects.filter(currency=asked.currency)
    if code:
        typed = FilteredRelation("vouchers", condition=Q(vouchers__code__iexact=code))
        rows = rows.annotate(typed=typed).annotate(
            typed_id=F("typed__pk"),
            typed_code=F("typed__code"),
            typed_uses=F("typed__uses"),
            typed_most=F("typed__max_uses"),
        )
        wanted |= Q(typed__isnull=False, needs_code=True)
    from_bag = (Q(order__placement_key__startswith=f"{key}:") for key in asked.bag_keys)
    mine = reduce(or_, from_bag, Q(pk__in=[])) & Q(order__state="pending")
    found: QuerySet[Any] = rows.filter(wanted).annotate(
        own_categories=ids("categories", "category_id"),
        own_products=ids("products", "product_id"),
        held=standing_uses("promotion", mine) if asked.bag_keys else Value(0),
        by_customer=standing_uses("promotion", ~mine, customer=asked.customer) if asked.customer else Value(0),
    )
    return found


def ids(relation: str, column: str) -> ArraySubquery:
    """What a promotion's many-to-many names, as a list of ids."""
    through = getattr(Promotion, relation).through.objects
    return ArraySubquery(through.filter(promotion=OuterRef("pk")).order_by(column).values(column))


def offered_of(row: Any) -> Offered:
    """A row of candidates(), without what the bag's own unpaid order holds: a new order takes its place."""
    most = getattr(row, "typed_most", None)
    return Offered(
        promotion=row,
        used=row.uses - row.held,
        used_by=row.by_customer,
        voucher_id=getattr(row, "typed_id", None),
        code=getattr(row, "typed_code", None) or "",
        code_left=most is None or row.typed_uses - row.held < most,
    )


def terms_of(row: Any, tree: Mapping[int, int | None]) -> Terms:
    found = offered_of(row)
    return Terms(
        promotion_id=row.pk,
        name=row.name,
        kind=row.kind,
        percent=row.percent or 0,
        amount=row.amount or 0,
        buy_quantity=row.buy_quantity or 0,
        free_quantity=row.free_quantity or 0,
        product_ids=frozenset(row.own_products),
        category_ids=with_all_below(row.own_categories, tree),
        spares_reduced=row.spares_reduced,
        minimum=row.minimum_goods or 0,
        is_combinable=row.is_combinable,
        voucher_id=found.voucher_id,
        code=found.code,
    )


def any_runs(catalogue: Snapshot) -> bool:
    """Whether the catalogue knows of a promotion for everybody whose time it is."""
    return any(row.is_running and not row.needs_code for row in catalogue.tables.all(Promotion))


def category_tree(catalogue: Snapshot | None) -> dict[int, int | None]:
    """Each category's parent."""
    if catalogue:
        return {node.id: node.parent_id for node in catalogue.categories.values()}
    return dict(Category.objects.values_list("pk", "parent_id"))


def with_all_below(category_ids: Iterable[int], tree: Mapping[int, int | None]) -> frozenset[int]:
    """These categories and their whole subtrees."""
    found, new = set[int](), set(category_ids)
    while new:
        found |= new
        new = {child for child, parent in tree.items() if parent in new} - found
    return frozenset(found)
