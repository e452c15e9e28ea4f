"""Stock: how much lies where, who holds some of it, and the ledger that explains every number."""

from typing import Any, NoReturn, Self

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.errors import ShopError
from shop.core.words import words_of


class StockLocation(models.Model):
    """A place where stock lies."""

    name = models.CharField(max_length=80)
    code = models.SlugField(unique=True)
    is_active = models.BooleanField(default=True, help_text="Whether what lies here is sold")
    position = models.PositiveSmallIntegerField(default=0, help_text="Orders are served from the lowest first")
    offers_collection = models.BooleanField(default=False, help_text="Customers may fetch their orders here")
    address = models.TextField(blank=True)
    opening_hours = models.CharField(max_length=120, blank=True)
    history = HistoricalRecords(app="shop")

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    def with_available(self) -> Self:
        return self.annotate(available=F("on_hand") - F("reserved"))

    def low(self) -> Self:
        """Levels at or below their threshold."""
        return self.filter(on_hand__lte=F("reserved") + F("low_stock_threshold"))

    def locked(self) -> Self:
        """The rows, locked in primary-key order: the order that every writer keeps, so none deadlocks.

        Rows that only name a level (a parcel's or a count's lines) are written in any order, and do not wait for it.
        """
        return self.order_by("pk").select_for_update(of=("self",), no_key=True)


class StockLevel(models.Model):
    """How many units of a variant a location has (on_hand) and how many of them orders hold (reserved).

    Damaged units lie there too, but are not on hand: nobody can buy them.
    """

    variant = models.ForeignKey("shop.ProductVariant", models.PROTECT, related_name="stock_levels")
    location = models.ForeignKey(StockLocation, models.PROTECT, related_name="levels")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    damaged = models.PositiveIntegerField(default=0, editable=False)
    low_stock_threshold = models.PositiveIntegerField(default=3)
    reorder_point = models.PositiveIntegerField(
        null=True, blank=True, help_text="At this many free and incoming units more are ordered; empty: never"
    )
    bin = models.CharField(max_length=20, blank=True, db_index=True, help_text="Where in the location, such as B-04-2")
    # Of its settings; its numbers have the ledger.
    history = HistoricalRecords(app="shop", excluded_fields=["on_hand", "reserved", "damaged"])

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="level_once_per_location"),
            models.CheckConstraint(condition=Q(reserved__lte=F("on_hand")), name="reserved_within_on_hand"),
        ]

    def __str__(self) -> str:
        return f"{self.variant_id} at {self.location_id}: {self.on_hand} ({self.reserved} reserved)"

    @property
    def free(self) -> int:
        """Units that no order holds."""
        return self.on_hand - self.reserved

    @property
    def is_low(self) -> bool:
        return self.free <= self.low_stock_threshold

    @property
    def is_to_reorder(self) -> bool:
        return self.reorder_point is not None and self.free <= self.reorder_point


class StockMovement(models.Model):
    """One line of the append-only ledger. Per level: each number is the sum of its changes."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Receipt"
        SALE = "sale", "Sale"
        RETURN = "return", "Return"
        ADJUSTMENT = "adjustment", "Adjustment"
        TRANSFER = "transfer", "Transfer"
        RESERVE = "reserve", "Reserve"
        RELEASE = "release", "Release"
        COUNT = "count", "Count"
        DAMAGE = "damage", "Damage"

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=12, choices=Kind)
    on_hand_change = models.IntegerField(default=0)
    reserved_change = models.IntegerField(default=0)
    damaged_change = models.IntegerField(default=0)
    document = models.CharField(max_length=60, blank=True, db_index=True, help_text="Order number, receipt ...")
    reason = models.CharField(max_length=200, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, db_index=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [GinIndex(words_of("reason"), name="movement_reason_words")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(on_hand_change=0, reserved_change=0, damaged_change=0), name="movement_moves_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.on_hand_change:+d}/{self.reserved_change:+d} {self.document}"

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ShopError("The stock ledger is append-only.")


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def held(self) -> Self:
        """Reservations that still hold stock."""
        return self.filter(state=Reservation.State.HELD)

    def held_in_vain(self) -> Self:
        """Stock held for orders that were cancelled or have left the house."""
        gone = Q(order_line__order__state="cancelled") | Q(
            order_line__order__fulfilment_state__in=["shipped", "delivered"]
        )
        return self.held().filter(gone)

    def boxed(self) -> Self:
        """Reservations whose units are in a parcel that is still in the house."""
        return self.held().filter(
            packing_lines__task__state="packed", packing_lines__task__shipment__state__in=["packed", "ready", "failed"]
        )

    def with_goods(self) -> Self:
        """Reservations whose units are set aside (`is_boxed`: in a parcel) or sent out; those on the shelf first."""
        goods = self.filter(state__in=[Reservation.State.HELD, Reservation.State.SHIPPED])
        is_boxed = Exists(Reservation.objects.boxed().filter(pk=OuterRef("pk")))
        return goods.annotate(is_boxed=is_boxed).order_by("state", "is_boxed", "pk")


class Reservation(models.Model):
    """Units of one level held for one order line; no expiry once the order is paid."""

    class State(models.TextChoices):
        HELD = "held", "Held"
        RELEASED = "released", "Released"
        SHIPPED = "shipped", "Shipped"
        RETURNED = "returned", "Returned"

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="reservations")
    order_line = models.ForeignKey("shop.OrderLine", models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty once the order is paid")
    created_at = models.DateTimeField(default=clock.now)

    objects = ReservationQuerySet.as_manager()

    # What with_goods() adds.
    is_boxed: bool

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["expires_at"], condition=Q(state="held"), name="reservation_held_until")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="reservation_quantity_positive")]

    def __str__(self) -> str:
        return f"{self.quantity} of level {self.level_id} ({self.state})"

    def split(self, units: int, state: State) -> "Reservation":
        """That many of its units in another state: a row of their own, or this one where they are all of it."""
        part = self
        if units < self.quantity:
            self.quantity -= units
            self.save(update_fields=["quantity"])
            part = Reservation(
                level_id=self.level_id,
                order_line_id=self.order_line_id,
                quantity=units,
                expires_at=self.expires_at,
                created_at=self.created_at,
            )
        part.state = state
        part.save()
        return part
