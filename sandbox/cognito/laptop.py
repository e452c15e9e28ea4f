"""The user pool of `ACCOUNTS=cognito make run`: the same names at each start, and codes among the shop's mails.

moto keeps nothing on disk, so the people are put into it anew at each start, under the subjects that the shop knows.
"""

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from time import time_ns
from typing import Any

from django.conf import settings
from moto.cognitoidp.models import CognitoIdpUser, CognitoIdpUserPool, UserStatus, cognitoidp_backends

from sandbox.cloud.server import ACCOUNT, REGION
from sandbox.cognito import server, stricter
from sandbox.cognito.stricter import Letter

SUBJECTS = {"confirm": "your code to confirm your email", "reset": "your code for a new password"}


@dataclass(frozen=True)
class Resident:
    """Somebody who is in the pool from the start. password: empty for one that nobody knows."""

    subject: str
    email: str
    full_name: str
    password: str
    groups: tuple[str, ...]


def open_pool(port: int, residents: Iterable[Resident]) -> str:
    """Serve the pool that the settings name until the process ends; its address."""
    made = server.make_pool(server.serve(port))
    stricter.listeners.append(deliver)
    pools = cognitoidp_backends[ACCOUNT][REGION].user_pools
    pool = pools.pop(made.pool_id)
    client = pool.clients.pop(made.client_id)
    client.id, client.secret = settings.COGNITO_CLIENT_ID, settings.COGNITO_CLIENT_SECRET
    pool.id, pool.clients = settings.COGNITO_POOL_ID, {client.id: client}
    for resident in residents:
        move_in(pool, resident)
    pools[pool.id] = pool
    return made.address


def move_in(pool: CognitoIdpUserPool, resident: Resident) -> None:
    attributes: Any = [
        {"Name": "email", "Value": resident.email},
        {"Name": "email_verified", "Value": "true"},
        {"Name": "name", "Value": resident.full_name},
        {"Name": "sub", "Value": resident.subject},
    ]
    user = CognitoIdpUser(pool.id, resident.subject, resident.password or None, UserStatus.CONFIRMED, attributes)
    user.id = resident.subject
    user.update_attributes(attributes)
    pool.users[user.username] = user
    for name in resident.groups:
        if name in pool.groups:
            pool.groups[name].users.add(user)
            user.groups.add(pool.groups[name])


def deliver(letter: Letter) -> None:
    """A code, as a mail beside those of the shop."""
    message = EmailMessage()
    message["From"], message["To"] = "Cognito <no-reply@verificationemail.example>", letter.to
    message["Subject"] = f"{letter.code} is {SUBJECTS.get(letter.purpose, 'your code for a new email')}"
    message.set_content(f"Your code is {letter.code}. Type it on the page that asked for it.\n")
    folder = Path(settings.MAIL_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        file.write(message.as_bytes())
    Path(file.name).rename(folder / f"cognito-{letter.purpose}-{time_ns()}.eml")
