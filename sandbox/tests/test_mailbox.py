import os
from email.message import EmailMessage
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

HOSTILE = "<script>alert(1)</script> \u202eevil"


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path / "mail"
    settings.MAIL_DIR.mkdir()
    (tmp_path / "secret.eml").write_text("Subject: a secret\n\nbody")
    return tmp_path / "mail"


def write(folder: Path, name: str, subject: str = "Order A7KM-29QX: thank you", age: int = 0) -> None:
    message = EmailMessage()
    message["Subject"], message["To"] = subject, "sam@example.com"
    message.set_content(f"Dear {HOSTILE}, see http://127.0.0.1:8000/orders/")
    message.add_alternative(f"<html><head></head><body><h1>{subject}</h1></body></html>", subtype="html")
    path = folder / f"{name}.eml"
    path.write_bytes(message.as_bytes())
    os.utime(path, (1_800_000_000 - age, 1_800_000_000 - age))


def test_mails_are_listed_newest_first(client: Client, folder: Path) -> None:
    write(folder, "older", "Second to arrive?", age=60)
    write(folder, "newer", "Latest")
    page = client.get("/sandbox/mail/").content.decode()
    assert page.index("Latest") < page.index("Second to arrive?")
    assert 'href="/sandbox/mail/newer/"' in page


@pytest.mark.parametrize("missing", [True, False])
def test_a_mailbox_without_mails_says_so(client: Client, folder: Path, missing: bool) -> None:
    if missing:
        folder.rmdir()
    assert "None yet." in client.get("/sandbox/mail/").content.decode()


def test_a_mail_shows_headers_text_and_a_frame_with_its_html(client: Client, folder: Path) -> None:
    write(folder, "order", HOSTILE)
    response = client.get("/sandbox/mail/order/")
    page = response.content.decode()
    assert "<script>" not in page
    assert "<dt>To</dt><dd><bdi>sam@example.com</bdi></dd>" in page
    assert "Dear &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'href="http://127.0.0.1:8000/orders/"' in page
    assert '<iframe src="/sandbox/mail/order/html/"' in page
    assert "frame-src 'self'" in response.headers["Content-Security-Policy"]


def test_the_frame_runs_no_script_and_sends_no_form(client: Client, folder: Path) -> None:
    write(folder, "order")
    response = client.get("/sandbox/mail/order/html/")
    assert response.content.decode().startswith('<html><head><base target="_top"></head><body><h1>Order A7KM')
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert response.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src http: https: data:; form-action 'none'; "
        "frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
    )


@pytest.mark.parametrize(
    "name", ["../secret", "..%2Fsecret", "%2e%2e%2fsecret", "secret", "x.eml", "x\x00", "/etc/passwd"]
)
@pytest.mark.parametrize("ending", ["", "html/"])
@pytest.mark.django_db  # the page that says "not found" has the shop's menu
def test_no_name_reads_outside_the_folder(client: Client, name: str, ending: str) -> None:
    assert client.get(f"/sandbox/mail/{name}/{ending}").status_code == 404


def test_what_is_no_mail_breaks_nothing(client: Client, folder: Path) -> None:
    (folder / "noise.eml").write_bytes(bytes(range(256)))
    (folder / "empty.eml").write_bytes(b"")
    (folder / ".half.part").write_bytes(b"Subject: half")
    assert client.get("/sandbox/mail/").status_code == 200
    for name in ("noise", "empty"):
        assert client.get(f"/sandbox/mail/{name}/").status_code == 200
        assert client.get(f"/sandbox/mail/{name}/html/").status_code == 200


def test_only_reading_is_possible(client: Client) -> None:
    assert client.post("/sandbox/mail/").status_code == 405
