import pytest
from pytest_django import Settings

from shop.events.relay import relay
from shop.mail.models import OutgoingMail
from shop.tests.builders import make_order, make_variant
from shop.warehouse.services import Demand, reserve

pytestmark = pytest.mark.django_db


def sell_down(quantity: int) -> None:
    """Hold so many of ten units that the level falls to its threshold of three."""
    variant = make_variant(stock=10, sku="QLS & SKY/M")
    line = make_order(variant).lines.get()
    reserve(demands=[Demand(line.pk, variant.pk, quantity)], document="A", expires_at=None)
    relay()


@pytest.mark.parametrize(("quantity", "subject"), [(8, "2 left: QLS & SKY/M"), (10, "None left: QLS & SKY/M")])
def test_staff_hear_of_a_level_that_runs_low(settings: Settings, quantity: int, subject: str) -> None:
    settings.STAFF_EMAILS = ["a@example.com", "b@example.com"]
    sell_down(quantity)
    mails = list(OutgoingMail.objects.order_by("to"))
    assert [(mail.to, mail.subject) for mail in mails] == [("a@example.com", subject), ("b@example.com", subject)]
    address = f"{settings.SITE_URL}/admin/shop/stocklevel/?q=QLS%20%26%20SKY/M"
    assert address in mails[0].text
    assert f'href="{address}"' in mails[0].html
    assert "QLS &amp; SKY/M is running low" in mails[0].html


def test_a_shop_that_named_no_staff_writes_nobody(settings: Settings) -> None:
    settings.STAFF_EMAILS = []
    sell_down(8)
    assert not OutgoingMail.objects.exists()
