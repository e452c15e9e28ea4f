"""Cognito's trigger "migrate user": somebody signs in, or forgot a password, whom the pool does not know yet.

What it returns, Cognito writes down; whatever it raises, Cognito tells as a wrong password.
https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html

Stands alone, without the shop's code: DATABASE_URL is all that it needs.
"""

import os
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.hashers import check_password

if not settings.configured:
    settings.configure(
        PASSWORD_HASHERS=[
            "django.contrib.auth.hashers.Argon2PasswordHasher",
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        ]
    )

Event = dict[str, Any]

# Who may move: whoever could sign in at the shop. Not who has an app for a second step, since Cognito can't be given
# its secret and the password alone would do from then on; and not who is in the pool already.
PERSON = """
    SELECT shop_user.email, shop_user.password, shop_user.full_name
    FROM shop_user
    WHERE lower(shop_user.email) = lower(%s) AND shop_user.is_active AND shop_user.email_confirmed_at IS NOT NULL
        AND shop_user.erased_at IS NULL AND shop_user.subject IS NULL
        AND NOT EXISTS (SELECT 1 FROM shop_totpdevice WHERE shop_totpdevice.user_id = shop_user.id)
"""
# Cognito gives five seconds for everything.
CONNECT_SECONDS = 3
LONGEST_PASSWORD = 256
# Django's mark of an account without a password, for which it hashes as much as for one with it.
UNUSABLE = "!"


class NotMoved(Exception):
    """Nobody of that name may move, or the password is wrong. Cognito shows the message to nobody."""


@dataclass(frozen=True)
class Person:
    """A row of the shop's. password: a hash as Django writes it."""

    email: str
    password: str
    full_name: str


def handler(event: Event, context: object) -> Event:
    """The event, with the person in its response. Raises NotMoved."""
    person = find(event["userName"])
    source = event["triggerSource"]
    if source == "UserMigration_Authentication":
        if not right(person, event["request"].get("password") or ""):
            raise NotMoved("no such person, or another password")
        event["response"]["finalUserStatus"] = "CONFIRMED"
    elif source != "UserMigration_ForgotPassword" or person is None:
        # Whoever forgot the password gets a code by mail, and proves with it that the address is theirs.
        raise NotMoved(f"nobody to move for {source}")
    assert person
    attributes = {"email": person.email, "email_verified": "true", "name": person.full_name}
    event["response"]["userAttributes"] = {name: value for name, value in attributes.items() if value}
    # No welcome: to them nothing has changed.
    event["response"]["messageAction"] = "SUPPRESS"
    return event


def right(person: Person | None, password: str) -> bool:
    """Whether it is their password. Where there is nobody as much is hashed, so that nobody can tell by the time."""
    if len(password) > LONGEST_PASSWORD:
        return False
    return check_password(password, person.password if person else UNUSABLE)


def find(email: str) -> Person | None:
    """Somebody who may move."""
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=CONNECT_SECONDS) as connection:
        row = connection.execute(PERSON, (email,)).fetchone()
    return Person(*row) if row else None
