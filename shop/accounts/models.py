"""People: customers and staff are the same kind of row, told apart by is_staff and groups."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.crypto import salted_hmac

from shop.core import clock
from shop.core.numbers import secret_key
from shop.core.words import words_of


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A user with that e-mail, lower-cased; password None makes signing in by password impossible."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A member of staff who may do everything. Whoever can run the command vouches for the e-mail."""
        known = {"email_confirmed_at": clock.now(), **fields}
        return self.create_user(email, password, is_staff=True, is_superuser=True, **known)


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who can sign in. The e-mail is the user name, and may change; the subject never does."""

    email = models.EmailField(unique=True)
    # The identity provider's name for them; None while the shop itself keeps the password.
    subject = models.CharField(max_length=64, unique=True, null=True, blank=True, editable=False)
    email_confirmed_at = models.DateTimeField(null=True, blank=True)
    # Asked for, but not confirmed yet.
    pending_email = models.EmailField(blank=True, editable=False)
    full_name = models.CharField(max_length=150, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin")
    # Every sign-in has a row of its own (SignIn) and an event.
    last_login = None
    date_joined = models.DateTimeField(default=clock.now)
    # A new one ends every session of theirs.
    session_salt = models.CharField(max_length=40, default=secret_key, editable=False)
    # The bag they find again wherever they sign in.
    cart_key = models.CharField(max_length=64, unique=True, default=secret_key, editable=False)
    # The person was made anonymous, and the row stays for the books.
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    class Meta:
        ordering = ["-date_joined"]
        indexes = [
            models.Index(fields=["-date_joined"], name="people_newest"),
            models.Index(OpClass(Upper("email"), name="text_pattern_ops"), name="people_by_email"),
            GinIndex(words_of("full_name"), name="people_name_words"),
        ]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] if self.full_name else self.email

    def get_session_auth_hash(self) -> str:
        return self._hash_for_sessions()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._hash_for_sessions(secret)

    def _hash_for_sessions(self, secret: str | bytes | None = None) -> str:
        """Changes with the password and with session_salt, and ends every session then."""
        return salted_hmac(
            "shop.accounts.session", self.password + self.session_salt, secret=secret, algorithm="sha256"
        ).hexdigest()
