"""A prepaid label for the way back."""

from collections.abc import Mapping, Sequence

import pytest
from django.db import connection
from django.test import Client

from shop.adapters.carriers import CarrierRefused, CarrierUnavailable, Label, LabelRequest, Tracked
from shop.checkout.tests.paying_builders import FakeProvider
from shop.core import clock
from shop.core.errors import ShopError
from shop.returns import labels, services
from shop.returns.models import Return
from shop.returns.tests.builders import ask, delivered, sent_back
from shop.tests.builders import make_rate

pytestmark = pytest.mark.django_db


class Carrier:
    """Makes a label for each key once; `lost`: so many answers do not arrive."""

    name = title = "fast"
    makes_labels = True

    def __init__(self) -> None:
        self.made: dict[str, Label] = {}
        self.asked: list[LabelRequest] = []
        self.cancelled: list[str] = []
        self.lost, self.refuses = 0, ""

    def label(self, request: LabelRequest) -> Label:
        self.asked.append(request)
        if self.refuses:
            raise CarrierRefused(self.refuses)
        assert request.key not in self.made
        self.made[request.key] = Label(f"ref{len(self.made)}", f"LC{len(self.made)}", "", b"%PDF-label")
        if self.lost:
            self.lost -= 1
            raise CarrierUnavailable("timed out")
        return self.made[request.key]

    def find(self, key: str) -> Label | None:
        return self.made.get(key)

    def cancel(self, reference: str) -> None:
        if self.refuses:
            raise CarrierRefused(self.refuses)
        if self.lost:
            self.lost -= 1
            raise CarrierUnavailable("timed out")
        self.cancelled.append(reference)

    def track(self, reference: str) -> Sequence[Tracked]:
        return []

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        return []


@pytest.fixture
def courier(monkeypatch: pytest.MonkeyPatch) -> Carrier:
    """Brings what is sent by the way 'standard'."""
    made = Carrier()
    monkeypatch.setattr("shop.returns.labels.carrier", lambda code: made)
    monkeypatch.setattr("shop.returns.labels.is_known", lambda code: code == "fast")
    method = make_rate("standard", 395, None).method
    method.carrier = "fast"
    method.save()
    return made


def at(parent: Return, page: str) -> str:
    return f"/orders/{parent.order.number}/{parent.order.key}/returns/{parent.number}/{page}"


def test_the_label_goes_from_the_customer_to_us_and_is_made_once(
    fake: FakeProvider, courier: Carrier, client: Client
) -> None:
    parent = sent_back(delivered(fake))
    assert "Get your prepaid label" in client.get(at(parent, "")).content.decode()
    for _ in range(2):
        assert client.post(at(parent, "label/")).headers["Location"] == at(parent, "")
    (request,) = courier.asked
    assert (request.sender.name, request.recipient.name) == (parent.order.full_name, "AspireClothes")
    assert (request.reference, request.weight_grams, request.value) == (parent.number, 400, 7800)
    assert "Return label (PDF)" in client.get(at(parent, "")).content.decode()
    paper = client.get(at(parent, "label.pdf"))
    assert (paper.content, paper.headers["Content-Type"]) == (b"%PDF-label", "application/pdf")
    parent.refresh_from_db()
    assert (parent.carrier, parent.tracking_number) == ("fast", "LC0")


def test_a_lost_answer_is_looked_for(fake: FakeProvider, courier: Carrier) -> None:
    courier.lost = 1
    parent = labels.make_label(sent_back(delivered(fake)))
    assert (parent.tracking_number, len(courier.asked)) == ("LC0", 1)


def test_while_it_is_being_made_nobody_asks_again(fake: FakeProvider, courier: Carrier) -> None:
    parent = sent_back(delivered(fake))
    Return.objects.update(label_asked_at=clock.now())
    with pytest.raises(ShopError, match="being made"):
        labels.make_label(parent)
    assert courier.asked == []


def test_only_what_may_be_sent_gets_a_label(fake: FakeProvider, courier: Carrier, client: Client) -> None:
    parent = ask(delivered(fake))
    client.post(at(parent, "label/"))
    assert client.get(at(parent, "label.pdf")).status_code == 404
    services.cancel(parent=parent, reason="kept")
    client.post(at(parent, "label/"))
    assert courier.asked == []


def test_a_refusal_is_told_and_leaves_the_slip(fake: FakeProvider, courier: Carrier, client: Client) -> None:
    parent = sent_back(delivered(fake))
    courier.refuses = "not from there"
    page = client.post(at(parent, "label/"), follow=True).content.decode()
    assert "no label for your address" in page
    assert "not from there" not in page
    assert Return.objects.get().label is None
    for _ in range(6):
        client.post(at(parent, "label/"))
    assert len(courier.asked) == labels.TRIES


def test_without_such_a_carrier_it_goes_by_post(fake: FakeProvider, client: Client) -> None:
    parent = sent_back(delivered(fake))
    page = client.get(at(parent, "")).content.decode()
    assert "Get your prepaid label" not in page
    assert "we refund the postage" in page
    with pytest.raises(ShopError, match="post office"):
        labels.make_label(parent)
    assert not connection.needs_rollback


def test_the_label_of_a_cancelled_return_is_given_back_once(fake: FakeProvider, courier: Carrier) -> None:
    waits, cancelled = labels.make_label(sent_back(delivered(fake))), labels.make_label(sent_back(delivered(fake)))
    services.cancel(parent=cancelled, reason="kept")
    courier.lost = 1
    assert [labels.give_back_unused() for _ in range(3)] == [0, 1, 0]
    assert courier.cancelled == ["ref1"]
    for parent in (waits, cancelled):
        parent.refresh_from_db()
    assert (cancelled.carrier_reference, cancelled.tracking_number, cancelled.label) == ("", "", None)
    assert (waits.carrier_reference, waits.tracking_number) == ("ref0", "LC0")


def test_a_label_that_was_used_stays_to_be_scanned(fake: FakeProvider, courier: Carrier) -> None:
    parent = labels.make_label(sent_back(delivered(fake)))
    services.cancel(parent=parent, reason="it did not come in time")
    courier.refuses = "in transit"
    assert [labels.give_back_unused() for _ in range(2)] == [0, 0]
    assert Return.objects.named("LC0") == parent
    assert Return.objects.get().carrier_reference == ""
