"""The table behind the default carts adapter. Nothing but shop.cart.stores reads it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from shop.core import clock


class Cart(models.Model):
    """A bag, found by the unguessable key in its owner's cookie."""

    key = models.CharField(max_length=64, primary_key=True)
    # Random, new with every change of the lines: a checkout form is good for one revision of one bag.
    revision = models.CharField(max_length=24, blank=True)
    # Numbers of the paid orders whose lines were taken out, so that none is taken out twice.
    settled = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    # The voucher code its owner typed, as typed; whether it applies is found out anew each time.
    code = models.CharField(max_length=40, blank=True)
    # The bag that has taken this one in, when its owner signed in. From then on this one is closed.
    merged_into = models.CharField(max_length=64, blank=True)
    # Keys of the bags that this one has taken in, oldest first: orders placed from them are orders of this bag.
    former = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key[:8]


class CartLine(models.Model):
    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey("shop.ProductVariant", models.CASCADE, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    # What the customer last saw, in minor units: the bag page tells them when it has changed.
    seen_price = models.PositiveBigIntegerField()
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="variant_once_per_cart"),
            models.CheckConstraint(condition=models.Q(quantity__gt=0), name="cart_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant_id}"
