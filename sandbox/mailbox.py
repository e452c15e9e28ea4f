"""Every mail the shop sent on this machine, newest first. Reads the files of settings.MAIL_DIR and nothing else."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from csp.constants import NONE, SELF
from csp.decorators import csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

NEWEST = 200
LONGEST_NAME = 200
# The mail's own styles and pictures show; scripts, forms and everything else of it do not work.
MAIL_POLICY = (
    f"default-src {NONE}; style-src 'unsafe-inline'; img-src http: https: data:; form-action {NONE}; "
    f"frame-ancestors {SELF}; sandbox allow-top-navigation-by-user-activation"
)


@dataclass(frozen=True)
class StoredMail:
    """A mail file; name is the file's without its ending."""

    name: str
    sent_at: datetime
    message: EmailMessage

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """As they stand; a template's own `message.items` would look for a header of that name."""
        return [(name, str(value)) for name, value in self.message.items()]

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        return str(part.get_content()) if part else ""


def newest() -> list[StoredMail]:
    """The latest mails; a file that cannot be read as one is left out."""
    paths = sorted(Path(settings.MAIL_DIR).glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    return [read(path) for path in paths[:NEWEST]]


def find(name: str) -> StoredMail:
    """The mail of that name. The address only lets letters, digits, - and _ through, so no name leaves the folder."""
    path = Path(settings.MAIL_DIR) / f"{name}.eml"
    # A name longer than file systems take is not asked for: they would answer with an error.
    if len(name) > LONGEST_NAME or not path.is_file():
        raise Http404("No such mail.")
    return read(path)


def read(path: Path) -> StoredMail:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    return StoredMail(path.stem, datetime.fromtimestamp(path.stat().st_mtime, UTC), message)


@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The list."""
    return render(request, "sandbox/mailbox.html", {"mails": newest(), "most": NEWEST})


@require_safe
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]  # its types forget the arguments of an address
def mail(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: its headers, its HTML in a frame, its text."""
    return render(request, "sandbox/mail.html", {"mail": find(name)})


@require_safe
@xframe_options_sameorigin
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML of a mail for the frame. Its links open in the whole window."""
    html = find(name).html.replace("<head>", '<head><base target="_top">', 1)
    response = HttpResponse(html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response
