"""What guards accounts: sign-ins, second steps, what happened, and how often something was tried."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from shop.core import clock
from shop.core.models import TimeStamped
from shop.core.numbers import secret_key


def a_day_on() -> datetime:
    """When a sign-in ends of which nothing else was said."""
    return clock.now() + timedelta(days=1)


class SignInQuerySet(models.QuerySet["SignIn"]):
    def open(self) -> Self:
        """Those that somebody could still be using."""
        return self.filter(ended_at=None, ends_at__gt=clock.now())


class SignIn(models.Model):
    """One signed-in browser. Its session knows it by key; all times are UTC."""

    key = models.CharField(max_length=40, primary_key=True, default=secret_key, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    # The provider's refresh token, sealed (shop.core.sealed); empty where there is none.
    refresh_token = models.TextField(blank=True)
    with_second_step = models.BooleanField(default=False)
    started_at = models.DateTimeField(default=clock.now)
    # When they last proved to be themselves (password, and code where one is asked for).
    proved_at = models.DateTimeField(default=clock.now)
    # When the provider was last asked whether their staff groups still stand.
    checked_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # Over by then, whatever the browser does in between.
    ends_at = models.DateTimeField(default=a_day_on)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=200, blank=True)

    objects = SignInQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.user_id} since {self.started_at:%Y-%m-%d %H:%M}"


class TotpDevice(TimeStamped):
    """An authenticator app (RFC 6238: SHA-1, six figures, 30 seconds), where the shop itself asks for codes."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="totp")
    secret = models.TextField(help_text="Base 32, sealed")
    # The time step of the last code that was taken: none is good twice.
    last_step = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"app of {self.user_id}"


class RecoveryCode(models.Model):
    """A code for the day the phone is lost, good once. Only its hash is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "code_hash"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"code of {self.user_id}"


class AccountEvent(models.Model):
    """Something that happened to an account, for its owner and for staff. Written once."""

    class Kind(models.TextChoices):
        SIGNED_UP = "signed-up", "Signed up"
        CONFIRMED = "confirmed", "E-mail confirmed"
        SIGNED_IN = "signed-in", "Signed in"
        SIGN_IN_REFUSED = "sign-in-refused", "Sign-in refused"
        LOCKED_OUT = "locked-out", "Locked out for a while"
        SIGNED_OUT = "signed-out", "Signed out"
        SIGNED_OUT_EVERYWHERE = "signed-out-everywhere", "Signed out everywhere"
        RESET_ASKED = "reset-asked", "New password asked for"
        PASSWORD_CHANGED = "password-changed", "Password changed"
        EMAIL_ASKED = "email-asked", "Change of e-mail asked for"
        EMAIL_CHANGED = "email-changed", "E-mail changed"
        SECOND_STEP_ON = "second-step-on", "Two-step sign-in turned on"
        SECOND_STEP_OFF = "second-step-off", "Two-step sign-in turned off"
        ROLES_CHANGED = "roles-changed", "Staff roles changed"
        DATA_TAKEN = "data-taken", "Data downloaded"
        ERASED = "erased", "Erased"

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="account_events"
    )
    kind = models.CharField(max_length=30, choices=Kind)
    at = models.DateTimeField(default=clock.now, db_index=True)
    # As typed at a sign-in that was refused; the one given up, where the e-mail was changed; otherwise empty.
    email = models.CharField(max_length=254, blank=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["user", "-at"], name="account_events_of_user")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.at:%Y-%m-%d %H:%M}"


class RateLimit(models.Model):
    """How often something was tried, and when it may be tried again. In the database: processes share no memory."""

    key = models.CharField(max_length=120, primary_key=True)
    # Tries that were let through.
    hits = models.PositiveIntegerField(default=0)
    # The next try is let through from here on.
    opens_at = models.DateTimeField(default=clock.now)
    # Forgotten then: the next try is the first.
    until = models.DateTimeField(db_index=True)
    # What came of the last try: so that one statement both counts it and tells.
    refused = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(hits__gte=0), name="rate_hits_not_negative")]

    def __str__(self) -> str:
        return f"{self.key}: {self.hits}"
