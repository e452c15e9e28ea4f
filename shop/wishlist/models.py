"""Wish lists: what somebody may want later. A guest's is found by the key in their cookie, a customer's by the user."""

from django.conf import settings
from django.db import models

from shop.core import clock
from shop.core.numbers import secret_key


class WishList(models.Model):
    key = models.CharField(max_length=64, primary_key=True, default=secret_key, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="wish_list"
    )
    # Of a guest's list; a customer's stays.
    expires_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.key[:8]


class WishItem(models.Model):
    """One piece in one colour; the size only where one was chosen."""

    wish_list = models.ForeignKey(WishList, models.CASCADE, related_name="items")
    product = models.ForeignKey("shop.Product", models.CASCADE, related_name="+")
    colour = models.ForeignKey("shop.Colour", models.CASCADE, related_name="+")
    variant = models.ForeignKey("shop.ProductVariant", models.CASCADE, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-added_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wish_list", "product", "colour", "variant"], nulls_distinct=False, name="wish_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.product_id} in {self.colour_id}"
