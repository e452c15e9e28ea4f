"""Promotions at work: what applies to a bag, counting each use in the order's transaction, giving it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q

from shop.alerts.services import raise_alert
from shop.catalog.snapshot import Snapshot
from shop.core import clock
from shop.core.errors import ShopError
from shop.marketing.discounts import Applied, Goods, Outcome, discount
from shop.marketing.models import Promotion, Redemption, Voucher, standing_uses
from shop.marketing.offers import Asked, offers
from shop.marketing.reasons import SPENT, USED_BY_YOU, Refusal, words_of

if TYPE_CHECKING:
    from shop.orders.models import Order

HAS_USES_LEFT = Q(max_uses=None) | Q(uses__lt=F("max_uses"))


class VoucherSpent(ShopError):
    """A promotion ran out, or ended, between showing and ordering. Nothing was written.

    kind: that of the code's Refusal; empty where no code was needed.
    """

    def __init__(self, words: str, kind: str = SPENT.kind) -> None:
        super().__init__(words)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Discounts:
    """What promotions do for a bag, and why its code does nothing where that is so."""

    outcome: Outcome
    code: str = ""
    refusal: Refusal | None = None

    @property
    def applied_code(self) -> str:
        """The code, where it is one that applies."""
        return "" if self.refusal else self.code

    @property
    def applied(self) -> tuple[Applied, ...]:
        return self.outcome.applied

    @property
    def free_delivery(self) -> Applied | None:
        return self.outcome.free_delivery

    @property
    def marks(self) -> tuple[Applied, ...]:
        """All that apply, free delivery too."""
        return (*self.applied, self.free_delivery) if self.free_delivery else self.applied

    def share(self, key: int) -> int:
        """What is taken off the line of that key, in minor units."""
        return self.outcome.shares.get(key, 0)


def discounts(lines: Sequence[Goods], asked: Asked, catalogue: Snapshot | None = None) -> Discounts:
    """What applies to these lines now: the promotions for everybody, and that of the code. One or two queries."""
    if not lines:
        return Discounts(Outcome(asked.currency, {}), asked.code)
    found = offers(asked, catalogue)
    outcome = discount(lines, found.terms, asked.currency)
    refusal = found.refusal
    if asked.code and found.typed and not refusal:
        refused = (outcome.refused or {}).get(found.typed.promotion_id)
        refusal = words_of(refused, found.typed, asked.currency) if refused else None
    return Discounts(outcome, asked.code, refusal)


def customer_of(email: str) -> str:
    """Whom the uses of one customer are counted by; nobody for what no address can be."""
    return "" if "\0" in email else email.strip().lower()


def redeem(*, order: "Order", applied: Sequence[Applied]) -> None:
    """Count a use of each, in the transaction that places the order, after its stock is held.

    Rows in primary-key order, promotions before codes. Raises VoucherSpent; then the transaction must be given up.
    """
    customer = customer_of(order.email)
    marks = sorted(applied, key=lambda mark: mark.promotion_id)
    for mark in marks:
        if not count_use(mark.promotion_id):
            raise VoucherSpent(f"{mark.name} is not available any more.", SPENT.kind if mark.code else "")
    # Each of their rows is locked now, so that two orders of one customer are counted one after the other.
    if used_up(customer, [mark.promotion_id for mark in marks if mark.code]):
        raise VoucherSpent(USED_BY_YOU.words, USED_BY_YOU.kind)
    for mark in marks:
        if mark.voucher_id and not count_code(mark.voucher_id):
            raise VoucherSpent(f"The code {mark.code} has been used up.")
    Redemption.objects.bulk_create(
        Redemption(
            promotion_id=mark.promotion_id,
            voucher_id=mark.voucher_id,
            order=order,
            name=mark.name,
            code=mark.code,
            customer=customer,
            amount=mark.amount.amount,
            currency=mark.amount.currency,
        )
        for mark in marks
    )


def count_use(promotion_id: int) -> bool:
    """One use more, where there is one left and its time is not over."""
    return bool(Promotion.objects.running().filter(HAS_USES_LEFT, pk=promotion_id).update(uses=F("uses") + 1))


def count_code(voucher_id: int) -> bool:
    return bool(Voucher.objects.filter(HAS_USES_LEFT, pk=voucher_id).update(uses=F("uses") + 1))


def used_up(customer: str, promotion_ids: Sequence[int]) -> bool:
    """Whether that customer has used one of these as often as one may."""
    if not promotion_ids:
        return False
    limited = Promotion.objects.filter(pk__in=promotion_ids, max_uses_per_customer__isnull=False)
    counted = limited.annotate(by_customer=standing_uses("promotion", customer=customer))
    return counted.filter(by_customer__gte=F("max_uses_per_customer")).exists()


@transaction.atomic
def give_back(order: "Order") -> int:
    """Undo the counts of a cancelled order (its row locked by the caller); how many. Doing it again does nothing."""
    given = 0
    for use in Redemption.objects.standing().filter(order=order).order_by("promotion_id"):
        if not Redemption.objects.standing().filter(pk=use.pk).update(given_back_at=clock.now()):
            continue
        Promotion.objects.filter(pk=use.promotion_id, uses__gt=0).update(uses=F("uses") - 1)
        if use.voucher_id:
            Voucher.objects.filter(pk=use.voucher_id, uses__gt=0).update(uses=F("uses") - 1)
        given += 1
    return given


@transaction.atomic
def redeem_again(order: "Order") -> None:
    """Count the uses of a cancelled order once more that late money revives (its row locked by the caller).

    Where none is left the order keeps its price, for a placed order is never computed again, and staff are told.
    """
    for use in Redemption.objects.filter(order=order, given_back_at__isnull=False).order_by("promotion_id"):
        try:
            with transaction.atomic():
                count_again(use)
        except VoucherSpent:
            raise_alert(
                key=f"voucher-again:{order.number}:{use.promotion_id}",
                title=f"Order {order.number} keeps a discount that was used up: {use.name}",
                advice=(
                    "It was cancelled, its use went to somebody else, and then it was paid after all. The order stands "
                    "at its price, so one buyer more than planned has this discount. Nothing has to be done."
                ),
                order_id=order.pk,
            )


def count_again(use: Redemption) -> None:
    """Raises VoucherSpent, to be caught outside a savepoint."""
    if not Promotion.objects.filter(HAS_USES_LEFT, pk=use.promotion_id).update(uses=F("uses") + 1):
        raise VoucherSpent(use.name)
    if use.code and used_up(use.customer, [use.promotion_id]):
        raise VoucherSpent(use.name)
    if use.voucher_id and not count_code(use.voucher_id):
        raise VoucherSpent(use.code)
    use.given_back_at = None
    use.save(update_fields=["given_back_at"])
