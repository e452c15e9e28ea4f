"""Orders: the record of what was agreed. Written once at placement, never recomputed."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest, Upper
from django.urls import reverse

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money
from shop.core.numbers import order_number, secret_key
from shop.core.words import words_of
from shop.payments.models import PaymentAttempt, Refund, RefundLine
from shop.warehouse.models import Reservation
from shop.warehouse.moving_models import BackOrder


class OrderQuerySet(models.QuerySet["Order"]):
    def paid(self) -> Self:
        """Orders whose money has arrived."""
        return self.filter(paid_at__isnull=False).exclude(state=Order.State.CANCELLED)

    def paid_without_money(self) -> Self:
        """Paid orders, not given away, for which no payment took anything."""
        took = PaymentAttempt.objects.took_money().filter(order=OuterRef("pk"))
        return self.filter(state=Order.State.PAID, grand_total__gt=0).exclude(Exists(took))

    def overpaid(self, before: datetime) -> Self:
        """Orders for which more is kept (`kept`, minor units) than they cost, and has been since that moment.

        Refunds that are asked for count as gone: what is found was not asked for, or could not be given back. Left
        out is what staff accepted out of a review, since they knew what had come.
        """
        accepted = OrderStateChange.objects.filter(order=OuterRef("pk"), from_state="review", to_state="paid")
        attempts = PaymentAttempt.objects.took_money().filter(order=OuterRef("pk"))
        sums = attempts.order_by().values("order").annotate(kept=Sum(F("captured_amount") - F("refunded_amount")))
        settling = Exists(attempts.filter(updated_at__gte=before))
        return (
            self.exclude(Exists(accepted))
            .alias(settling=settling)
            .annotate(kept=Subquery(sums.values("kept")))
            .filter(kept__gt=F("grand_total"), settling=False)
        )

    def sent_unpaid(self) -> Self:
        """Orders that left the house although they are not paid."""
        sent = (Order.FulfilmentState.SHIPPED, Order.FulfilmentState.DELIVERED)
        return self.filter(fulfilment_state__in=sent).exclude(state=Order.State.PAID)

    def miscounted(self) -> Self:
        """Orders whose totals are not the sums of their lines (`of_lines`, `of_discounts`, without the delivery's)."""
        lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        summed = self.annotate(
            of_lines=_total(lines.annotate(total=Sum("line_total"))),
            of_discounts=_total(lines.annotate(total=Sum("discount_total"))),
        )
        return summed.exclude(
            lines_total=F("of_lines"),
            discount_total=F("of_discounts") + F("delivery_discount"),
            grand_total=F("lines_total") + F("delivery_total") - F("discount_total"),
        )

    def mistaxed(self) -> Self:
        """Orders with a tax breakdown that does not add up (`of_rates`, `of_gross`) to their tax and total."""
        taxes = OrderTax.objects.filter(order=OuterRef("pk")).order_by().values("order")
        lines = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        summed = self.annotate(
            of_rates=_total(taxes.annotate(total=Sum("tax"))),
            of_gross=_total(taxes.annotate(total=Sum("gross"))),
            of_lines=_total(lines.annotate(total=Sum("tax_total"))),
        )
        untaxed = Q(of_rates=0, of_gross=0, of_lines=0, tax_total=0)
        taxed = Q(of_rates=F("tax_total"), of_gross=F("grand_total"), of_lines__lte=F("tax_total"))
        return summed.exclude(untaxed | taxed)

    def in_review(self) -> Self:
        """Orders whose money somebody has to judge."""
        return self.filter(state=Order.State.REVIEW)

    def overdue(self, now: datetime) -> Self:
        """Orders whose stock is still held although their time to pay is over."""
        return self.filter(state__in=[Order.State.PENDING, Order.State.PROCESSING], hold_until__lt=now)

    def stuck(self, now: datetime) -> Self:
        """Orders that have been in their state for longer than it lasts when all goes well."""
        return self.filter(
            Q(state=Order.State.PENDING, hold_until__lt=now - timedelta(hours=1))
            | Q(state=Order.State.PENDING, hold_until=None, placed_at__lt=now - timedelta(days=1))
            | Q(state=Order.State.PROCESSING, updated_at__lt=now - timedelta(days=14))
            | Q(state=Order.State.REVIEW, updated_at__lt=now - timedelta(days=1))
        )

    def of(self, user: Any) -> Self:
        """The orders of that customer's account."""
        return self.filter(user=user)

    def guests(self, email: str) -> Self:
        """Orders placed without an account under that e-mail, in any case of letters."""
        return self.filter(user=None, email__iexact=email, contact_to_erase=False)

    def locked(self) -> Self:
        """The rows, locked in primary-key order. The order row is always locked before its stock rows."""
        return self.order_by("pk").select_for_update(of=("self",))


class Order(TimeStamped):
    """One purchase. All amounts are minor units of `currency`, fixed at placement."""

    class State(models.TextChoices):
        PENDING = "pending", "Awaiting payment"
        PROCESSING = "processing", "Payment processing"
        PAID = "paid", "Paid"
        REVIEW = "review", "Needs review"
        CANCELLED = "cancelled", "Cancelled"

    class FulfilmentState(models.TextChoices):
        UNFULFILLED = "unfulfilled", "To pack"
        PACKED = "packed", "Packed"
        SHIPPED = "shipped", "Shipped"
        DELIVERED = "delivered", "Delivered"

    number = models.CharField(max_length=12, unique=True, default=order_number, editable=False)
    key = models.CharField(max_length=40, unique=True, default=secret_key, editable=False)
    # One checkout form posts one key: a double click or Back finds the order it made before.
    placement_key = models.CharField(max_length=64, unique=True, editable=False)
    state = models.CharField(max_length=12, choices=State, default=State.PENDING, db_index=True)
    fulfilment_state = models.CharField(
        max_length=12, choices=FulfilmentState, default=FulfilmentState.UNFULFILLED, db_index=True
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="orders")

    email = models.EmailField(db_index=True)
    full_name = models.CharField(max_length=150)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2)
    address = models.CharField(max_length=200)
    address_extra = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    marketing_consent = models.BooleanField(default=False)
    # The buyer closed their account: e-mail and phone go as soon as nothing is left to do.
    contact_to_erase = models.BooleanField(default=False, editable=False)

    currency = models.CharField(max_length=3)
    lines_total = models.PositiveBigIntegerField()
    delivery_total = models.PositiveBigIntegerField()
    # Of the lines (their discount_total) and of the delivery together.
    discount_total = models.PositiveBigIntegerField(default=0)
    delivery_discount = models.PositiveBigIntegerField(default=0)
    grand_total = models.PositiveBigIntegerField()
    # Contained in grand_total, never on top of it.
    tax_total = models.PositiveBigIntegerField(default=0)
    tax_country = models.CharField(max_length=2, blank=True, help_text="Whose rates; empty for an export without VAT")
    shipping_method = models.CharField(max_length=50, help_text="Code at placement")
    shipping_name = models.CharField(max_length=60)
    delivery_from = models.DateField(null=True, blank=True)
    delivery_until = models.DateField(null=True, blank=True)

    placed_at = models.DateTimeField(default=clock.now, db_index=True)
    # Unpaid after this, the order is cancelled and its stock released, once the provider agrees it is not paid.
    hold_until = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True, db_index=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # Somebody decided it, rather than the clock: money that comes later goes back and never revives the order.
    cancelled_by_choice = models.BooleanField(default=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        indexes = [
            models.Index(fields=["hold_until"], condition=Q(state__in=["pending", "processing"]), name="order_holds"),
            # Typed in any case of letters, whole or its beginning.
            models.Index(OpClass(Upper("email"), name="text_pattern_ops"), name="orders_by_email"),
            GinIndex(words_of("full_name"), name="order_name_words"),
            models.Index(fields=["placed_at"], condition=Q(contact_to_erase=True), name="order_contacts_to_erase"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(grand_total=F("lines_total") + F("delivery_total") - F("discount_total")),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(delivery_discount__lte=F("delivery_total")) & Q(delivery_discount__lte=F("discount_total")),
                name="order_delivery_discount_within",
            ),
            models.CheckConstraint(condition=Q(tax_total__lte=F("grand_total")), name="order_tax_within_total"),
            models.CheckConstraint(
                condition=~Q(state="cancelled", paid_at__isnull=False, cancelled_by_choice=False),
                name="paid_order_cancelled_by_choice",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_state_display(self) -> str:  # type: ignore[no-redef]  # Django lets a model say it itself
        """The state in words; an order for which nothing is to be paid comes in exchange, once a return is here."""
        if self.state == Order.State.PENDING and not self.grand_total:
            return "Held for an exchange"
        return Order.State(self.state).label

    def get_absolute_url(self) -> str:
        """The tracking page: reachable without signing in, by whoever has the key."""
        return reverse("order-detail", args=[self.number, self.key])

    @property
    def is_export(self) -> bool:
        """Whether it left the area where we charge VAT, so that nothing in it contains any."""
        return not self.tax_country and self.country != settings.SHOP_COUNTRY

    def money(self, amount: int) -> Money:
        """An amount of this order (minor units) with its currency."""
        return Money(amount, self.currency)

    @property
    def total(self) -> Money:
        return self.money(self.grand_total)

    @property
    def delivery_charged(self) -> int:
        """What was paid for the delivery, in minor units."""
        return self.delivery_total - self.delivery_discount

    @property
    def may_ship(self) -> bool:
        """Whether it may leave the house: paid, and nothing the provider told us stands against it."""
        return self.state == Order.State.PAID and not self.holds.standing().exists()


class OrderLineQuerySet(models.QuerySet["OrderLine"]):
    def unheld(self) -> Self:
        """Lines of paid orders to be packed that hold less (`held`) than is to be sent.

        Left out are units that were sent, refunded or given up, and those that are still to come.
        """
        return self._to_pack().filter(
            held__lt=F("quantity") - Greatest("refunded", "given_up") - F("gone") - F("coming")
        )

    def overheld(self) -> Self:
        """Those that hold more (`held`) than is to be sent: units that were refunded and can be sold to nobody.

        Of a line that was sent in part nobody knows which units were refunded. What is in a parcel may be sent to a
        buyer who got the money of it back.
        """
        unsent = Q(gone=0, held__gt=Greatest(F("quantity") - F("refunded") - F("coming"), "boxed"))
        return self._to_pack().filter(unsent | Q(held__gt=F("quantity") - F("gone") - F("coming")))

    def _to_pack(self) -> Self:
        """Lines of paid orders to be packed, with their units by what became of them.

        held: on the shelves or in a parcel here (boxed). gone: sent. coming: still to be received. refunded: paid back.
        given_up: never to be sent, which costs nothing to pay back where they were free.
        """
        held = Reservation.objects.held().filter(order_line=OuterRef("pk")).order_by()
        boxed = held.boxed().values("order_line").annotate(total=Sum("quantity"))
        sent = Reservation.objects.filter(order_line=OuterRef("pk"), state__in=["shipped", "returned"])
        coming = BackOrder.objects.waiting().filter(order_line=OuterRef("pk"))
        given_up = OrderLine.objects.filter(
            pk=OuterRef("pk"), packing_lines__remedy="refund", packing_lines__task__state__in=["packed", "failed"]
        )
        missing = Sum(F("packing_lines__quantity") - F("packing_lines__packed"))
        back = RefundLine.objects.filter(order_line=OuterRef("pk")).exclude(refund__state=Refund.State.FAILED)
        waiting = self.filter(
            order__state=Order.State.PAID,
            order__fulfilment_state=Order.FulfilmentState.UNFULFILLED,
            variant__isnull=False,
        )
        return waiting.annotate(
            held=_total(held.values("order_line").annotate(total=Sum("quantity"))),
            boxed=_total(boxed),
            refunded=_total(back.order_by().values("order_line").annotate(total=Sum("quantity"))),
            gone=_total(sent.order_by().values("order_line").annotate(total=Sum("quantity"))),
            coming=_total(coming.order_by().values("order_line").annotate(total=Sum("quantity"))),
            given_up=_total(given_up.order_by().values("pk").annotate(total=missing)),
        )


class OrderLine(models.Model):
    """A copy of what was bought, as it was shown then."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="lines")
    variant = models.ForeignKey("shop.ProductVariant", models.SET_NULL, null=True, related_name="order_lines")
    sku = models.CharField(max_length=40)
    product_name = models.CharField(max_length=120)
    product_slug = models.SlugField(max_length=140)
    colour_name = models.CharField(max_length=60)
    size_name = models.CharField(max_length=20)
    image = models.CharField(max_length=300, blank=True, help_text="Storage name of the picture shown")
    unit_price = models.PositiveBigIntegerField()
    quantity = models.PositiveIntegerField()
    line_total = models.PositiveBigIntegerField()
    # The line's share of the order's discounts; what was charged for it is line_total less this.
    discount_total = models.PositiveBigIntegerField(default=0)
    tax_class = models.CharField(max_length=20, default="standard")
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0, help_text="Percent")
    # Contained in what was charged.
    tax_total = models.PositiveBigIntegerField(default=0)

    objects = OrderLineQuerySet.as_manager()

    # When what it waits for is sent, in words, where somebody has looked it up (shop/orders/waiting.py).
    promise = ""

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="order_quantity_positive"),
            models.CheckConstraint(condition=Q(line_total=F("unit_price") * F("quantity")), name="order_line_adds_up"),
            models.CheckConstraint(
                condition=Q(line_total__gte=F("discount_total") + F("tax_total")), name="order_line_discount_within"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku}"

    @property
    def charged(self) -> int:
        """What was paid for the whole line, in minor units."""
        return self.line_total - self.discount_total

    @property
    def picture(self) -> dict[str, str]:
        """The picture kept with the line, in the form of a listing's renditions: storage name by width."""
        return {"320": self.image} if self.image else {}


class OrderTax(models.Model):
    """The tax of an order at one rate, goods and delivery together: the lines of the invoice's breakdown."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="taxes")
    rate = models.DecimalField(max_digits=6, decimal_places=3, help_text="Percent")
    gross = models.PositiveBigIntegerField(help_text="Minor units, tax included")
    tax = models.PositiveBigIntegerField(help_text="Minor units")

    class Meta:
        ordering = ["-rate"]
        constraints = [
            models.UniqueConstraint(fields=["order", "rate"], name="tax_rate_once_per_order"),
            models.CheckConstraint(condition=Q(tax__lte=F("gross")), name="order_tax_within_gross"),
        ]

    def __str__(self) -> str:
        return f"{self.rate.normalize():f}%"


class OrderStateChange(models.Model):
    """One line of an order's history: append-only."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="state_changes")
    from_state = models.CharField(max_length=12, blank=True)
    to_state = models.CharField(max_length=12)
    reason = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.from_state or 'new'} to {self.to_state}"


def _total(sums: Any) -> Coalesce:
    """The `total` of a subquery with one group, 0 where there is none."""
    return Coalesce(Subquery(sums.values("total")), 0, output_field=models.BigIntegerField())
