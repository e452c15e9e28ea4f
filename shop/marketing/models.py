"""Promotions, their codes, and what became of them."""

from datetime import datetime
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce, Upper
from simple_history.models import HistoricalRecords

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.money import Money, shop_currency

CODE_LENGTH = 40
code_characters = RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_-]*\Z", "Use letters and digits, and - or _ between them.")
MORE_THAN_ALLOWED = "More of it have been used already."


def within_limit(name: str) -> models.CheckConstraint:
    """No row has been used more often than it may be, whoever counts."""
    return models.CheckConstraint(
        condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")), name=name, violation_error_message=MORE_THAN_ALLOWED
    )


class Counted(TimeStamped):
    """A row whose `uses` only shop.marketing.services counts: a form that was loaded before a use must not undo it."""

    class Meta:
        abstract = True

    def save(self, **options: Any) -> None:
        """All fields but `uses`, once the row exists and where no others are named."""
        if not self._state.adding and options.get("update_fields") is None and not options.get("force_insert"):
            fields = [field.name for field in self._meta.concrete_fields if not field.primary_key]
            options["update_fields"] = [name for name in fields if name != "uses"]
        super().save(**options)


def refuse_early_end(starts_at: datetime | None, ends_at: datetime | None) -> dict[str, str]:
    """What to say beside `ends_at` of a span that ends before it starts."""
    if starts_at and ends_at and ends_at <= starts_at:
        return {"ends_at": "It must end after it starts."}
    return {}


class PromotionQuerySet(models.QuerySet["Promotion"]):
    def running(self, now: datetime | None = None) -> Self:
        """Promotions that are switched on and whose time it is (UTC)."""
        now = now or clock.now()
        begun = self.filter(is_active=True, starts_at__lte=now)
        return begun.filter(Q(ends_at=None) | Q(ends_at__gt=now))

    def miscounted(self) -> Self:
        """Promotions whose counter, or that of one of their codes, differs from the redemptions that stand."""
        wrong_codes = Voucher.objects.miscounted().values("promotion")
        counted = self.annotate(standing_uses=standing_uses("promotion"))
        return counted.filter(~Q(uses=F("standing_uses")) | Q(pk__in=wrong_codes))


class Promotion(Counted):
    """A reduction of what is in a bag, given by itself or for a code. Amounts are minor units of `currency`."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Percent off"
        AMOUNT = "amount", "Amount off"
        FREE_DELIVERY = "free-delivery", "Free delivery"
        BUY_GET = "buy-get", "Buy some, get some free"

    name = models.CharField(max_length=80, help_text="Shown to the buyer beside the amount")
    kind = models.CharField(max_length=15, choices=Kind, default=Kind.PERCENT)
    percent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 to 100, for percent off")
    amount = models.PositiveBigIntegerField(null=True, blank=True, help_text="For amount off, of the whole bag")
    buy_quantity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Pieces to pay for")
    free_quantity = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Pieces then free: the cheapest")
    currency = models.CharField(max_length=3, default=shop_currency, editable=False)
    needs_code = models.BooleanField("needs a code", default=True, help_text="Without: it is given to everybody")
    categories = models.ManyToManyField(
        "shop.Category", blank=True, related_name="+", help_text="With all below them. Nothing chosen: everything"
    )
    products = models.ManyToManyField("shop.Product", blank=True, related_name="+")
    spares_reduced = models.BooleanField(
        "not for reduced pieces", default=False, help_text="Leaves out what has a struck price already"
    )
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: no end")
    is_active = models.BooleanField("switched on", default=True)
    minimum_goods = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="Least value of the goods it is for, before discounts"
    )
    max_uses = models.PositiveIntegerField("most uses", null=True, blank=True, help_text="Empty: no limit")
    max_uses_per_customer = models.PositiveIntegerField(
        "most uses by one customer", null=True, blank=True, help_text="By e-mail address. Empty: no limit"
    )
    uses = models.PositiveIntegerField(default=0, editable=False)
    is_combinable = models.BooleanField("may be combined", default=True, help_text="With others that may be as well")
    history = HistoricalRecords(app="shop", excluded_fields=["uses"], m2m_fields=[categories, products])

    objects = PromotionQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "pk"]
        constraints = [
            within_limit("promotion_uses_within_limit"),
            models.CheckConstraint(
                condition=~Q(kind="percent") | Q(percent__gte=1, percent__lte=100),
                name="promotion_percent_in_range",
                violation_error_message="A percent from 1 to 100 is missing.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="amount") | Q(amount__gt=0),
                name="promotion_amount_positive",
                violation_error_message="The amount off is missing.",
            ),
            models.CheckConstraint(
                condition=~Q(kind="buy-get") | Q(buy_quantity__gt=0, free_quantity__gt=0),
                name="promotion_buy_get_positive",
                violation_error_message="How many are bought and how many are free is missing.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="promotion_ends_after_start",
                violation_error_message="It would end before it starts.",
            ),
            # A guest's address is known only once the order is placed: a price shown before must not hang on it.
            models.CheckConstraint(
                condition=Q(needs_code=True) | Q(max_uses_per_customer=None),
                name="promotion_customer_limit_needs_code",
                violation_error_message="Only a promotion with a code can be limited by customer.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises ValidationError, by field, for terms that no buyer could be given."""
        problems = refuse_early_end(self.starts_at, self.ends_at) | self._bad_value()
        for name in ("max_uses", "max_uses_per_customer", "minimum_goods"):
            if getattr(self, name) == 0:
                problems[name] = "Write 1 or more, or leave it empty."
        if self.max_uses is not None and self.uses > self.max_uses:
            problems["max_uses"] = f"It has been used {self.uses} times already."
        if self.max_uses_per_customer and not self.needs_code:
            problems["max_uses_per_customer"] = "Only promotions with a code can be counted by customer."
        if problems:
            raise ValidationError(problems)

    def _bad_value(self) -> dict[str, str]:
        if self.kind == self.Kind.PERCENT and not 1 <= (self.percent or 0) <= 100:
            return {"percent": "Write a whole number from 1 to 100."}
        if self.kind == self.Kind.AMOUNT and not self.amount:
            return {"amount": "Write an amount above zero."}
        if self.kind == self.Kind.BUY_GET:
            wanted = {"buy_quantity": self.buy_quantity, "free_quantity": self.free_quantity}
            return {name: "Write 1 or more." for name, value in wanted.items() if not value}
        return {}

    @property
    def is_running(self) -> bool:
        """As PromotionQuerySet.running() asks it of the database."""
        now = clock.now()
        return self.is_active and self.starts_at <= now and (self.ends_at is None or self.ends_at > now)

    @property
    def left(self) -> int | None:
        """How many more uses there are; None where there is no limit."""
        return None if self.max_uses is None else self.max_uses - self.uses


class VoucherQuerySet(models.QuerySet["Voucher"]):
    def with_code(self, code: str) -> Self:
        """The voucher somebody typed, whatever the case; a code that can be none is asked of nobody."""
        code = typed_code(code)
        return self.filter(code__iexact=code) if code else self.none()

    def miscounted(self) -> Self:
        """Codes whose counter differs from the redemptions that stand."""
        return self.annotate(standing_uses=standing_uses("voucher")).exclude(uses=F("standing_uses"))


class Voucher(Counted):
    """A code for a promotion, with a limit of its own."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="vouchers")
    code = models.CharField(max_length=CODE_LENGTH, validators=[code_characters])
    max_uses = models.PositiveIntegerField("most uses", null=True, blank=True, help_text="Empty: the promotion's alone")
    uses = models.PositiveIntegerField(default=0, editable=False)
    history = HistoricalRecords(app="shop", excluded_fields=["uses"])

    objects = VoucherQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"), name="voucher_code_once", violation_error_message="There is a voucher with this code."
            ),
            within_limit("voucher_uses_within_limit"),
        ]

    def __str__(self) -> str:
        return self.code

    def clean(self) -> None:
        """Raises ValidationError, by field."""
        if self.max_uses == 0:
            raise ValidationError({"max_uses": "Write 1 or more, or leave it empty."})
        if self.max_uses is not None and self.uses > self.max_uses:
            raise ValidationError({"max_uses": f"It has been used {self.uses} times already."})
        if self.promotion_id and not self.promotion.needs_code:
            raise ValidationError({"promotion": "This promotion is given to everybody: it needs no code."})


class RedemptionQuerySet(models.QuerySet["Redemption"]):
    def standing(self) -> Self:
        """Uses that count: those that were not given back."""
        return self.filter(given_back_at=None)


class Redemption(models.Model):
    """One use of a promotion by one order, with what it took off. Its name and code are copies, as they were shown."""

    promotion = models.ForeignKey(Promotion, models.PROTECT, related_name="redemptions")
    voucher = models.ForeignKey(Voucher, models.PROTECT, null=True, blank=True, related_name="redemptions")
    order = models.ForeignKey("shop.Order", models.PROTECT, related_name="redemptions")
    name = models.CharField(max_length=80)
    code = models.CharField(max_length=CODE_LENGTH, blank=True)
    customer = models.CharField(max_length=254, help_text="E-mail address, lower case")
    amount = models.PositiveBigIntegerField(help_text="Minor units")
    currency = models.CharField(max_length=3)
    redeemed_at = models.DateTimeField(default=clock.now)
    given_back_at = models.DateTimeField(null=True, blank=True)

    objects = RedemptionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["promotion", "order"], name="promotion_once_per_order")]
        indexes = [
            models.Index(
                fields=["promotion", "customer"], condition=Q(given_back_at=None), name="redemption_by_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.money}"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def label(self) -> str:
        return label(self.name, self.code)


def label(name: str, code: str) -> str:
    """How a discount is named beside its amount: with its code, where the name does not say it."""
    return f"{name} ({code})" if code and code.lower() not in name.lower().split() else name


def standing_uses(of: str, *only: Q, **fields: object) -> Coalesce:
    """How many redemptions (of those that match) stand of each outer row; `of` is the redemption's key to it."""
    mine = Redemption.objects.standing().filter(*only, **{of: models.OuterRef("pk")}, **fields).order_by()
    counted = mine.values(of).annotate(count=models.Count("pk")).values("count")
    return Coalesce(models.Subquery(counted), 0)


def typed_code(text: str) -> str:
    """A code as somebody typed it, without the spaces around it; empty for what cannot be a code at all."""
    text = text[: CODE_LENGTH * 25].strip()
    looks_right = len(text) <= CODE_LENGTH and text.isascii() and text.replace("-", "").replace("_", "").isalnum()
    return text if looks_right else ""
