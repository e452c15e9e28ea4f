"""Mails of a laptop: one file each, in settings.MAIL_DIR."""

import os
import re
import tempfile
from pathlib import Path

from django.conf import settings

from shop.adapters.mail import Mail, MailSender, compose

NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]+")


class FileMailSender(MailSender):
    """Writes a mail whole or not at all; the same key overwrites its file, so a repeat is no second mail."""

    def send(self, mail: Mail) -> None:
        folder = Path(settings.MAIL_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        content = compose(mail).message().as_bytes()
        handle, scratch = tempfile.mkstemp(dir=folder, prefix=".", suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(scratch).replace(folder / file_name(mail))
        except BaseException:
            Path(scratch).unlink(missing_ok=True)
            raise


def file_name(mail: Mail) -> str:
    """Readable and safe whatever the key is: 'order-confirmation-A7KM-29QX-<digest>.eml'."""
    readable = NOT_IN_A_NAME.sub("-", mail.key).strip("-")[:60]
    return f"{readable}-{mail.digest}.eml"
