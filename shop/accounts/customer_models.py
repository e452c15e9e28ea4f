"""What customers keep with their account."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from shop.core import clock
from shop.core.models import TimeStamped


class Address(TimeStamped):
    """Somewhere a customer has things sent, or is billed. The fields are those of an order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="addresses")
    label = models.CharField(max_length=40, blank=True)
    full_name = models.CharField(max_length=150)
    phone = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2)
    address = models.CharField(max_length=200)
    address_extra = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=100, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    default_delivery = models.BooleanField(default=False)
    default_billing = models.BooleanField(default=False)

    class Meta:
        ordering = ["-default_delivery", "-default_billing", "pk"]
        verbose_name_plural = "addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(default_delivery=True), name="one_default_delivery_address"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(default_billing=True), name="one_default_billing_address"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.address

    @property
    def used_first(self) -> str:
        """What it is used for before the others, in words; empty where nothing."""
        uses = [("delivery", self.default_delivery), ("bills", self.default_billing)]
        named = [name for name, is_used in uses if is_used]
        return f"Used first for {' and '.join(named)}" if named else ""


class ConsentQuerySet(models.QuerySet["Consent"]):
    def standing(self, email: str, purpose: str) -> bool:
        """Whether the last word of that e-mail about the purpose was yes."""
        last = self.filter(email=email.lower(), purpose=purpose).order_by("-at", "-pk").first()
        return last is not None and last.given

    def of(self, email: str) -> Self:
        """The history of that e-mail, newest first."""
        return self.filter(email=email.lower())


class Consent(models.Model):
    """A yes or a no to being written to: what was shown, where, and when. The last row counts; none is ever changed."""

    class Purpose(models.TextChoices):
        NEWS = "news", "One letter a month about new pieces"

    class Source(models.TextChoices):
        SIGN_UP = "sign-up", "Creating an account"
        ACCOUNT = "account", "Account details"
        CHECKOUT = "checkout", "Checkout"
        STAFF = "staff", "Staff"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="consents")
    email = models.EmailField(db_index=True)
    purpose = models.CharField(max_length=20, choices=Purpose)
    given = models.BooleanField()
    source = models.CharField(max_length=20, choices=Source)
    words = models.CharField(max_length=200, help_text="What was shown beside the box")
    at = models.DateTimeField(default=clock.now)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.email}: {'yes' if self.given else 'no'} to {self.purpose}"
