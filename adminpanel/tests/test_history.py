"""What became of a row: who changed which field from what to what, and when, on every page of the staff site."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from adminpanel.history import Change, changes_of, has_former, typed_values
from adminpanel.roles import ROLES
from adminpanel.site import ReadOnlyAdmin
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.one_of_each import one_of_each
from shop.accounts.models import User
from shop.catalog.models import Category, Colour, Product, ProductVariant, Size, SizeChart, SizeSystem
from shop.delivery.models import ShippingMethod, ShippingRate
from shop.delivery.shipment_models import ShippingClosure
from shop.mail.models import OutgoingMail
from shop.marketing.codes import generate
from shop.marketing.models import Promotion, Voucher
from shop.marketing.sale_models import Sale
from shop.suppliers.models import Supplier, SupplierProduct
from shop.suppliers.purchase_models import PurchaseOrder
from shop.tax.models import TaxRate
from shop.tests.builders import make_location, make_promotion, make_stock, make_variant
from shop.warehouse import transfers
from shop.warehouse.models import StockLevel, StockLocation
from shop.warehouse.moving_models import StockCount, Transfer, TransferLine

pytestmark = pytest.mark.django_db

# A field of each table that staff write, with what it becomes, and both as the page has them.
WRITTEN: dict[type[Model], tuple[str, Any, str, str]] = {
    Category: ("position", 7, "Position", "7"),
    Colour: ("name", "Sea", "Name", "Sea"),
    SizeSystem: ("label", "EU", "Label", "EU"),
    Size: ("name", "XXS", "Name", "XXS"),
    SizeChart: ("name", "Coats", "Name", "Coats"),
    StockLocation: ("offers_collection", True, "Offers collection", "yes"),
    StockLevel: ("bin", "B-04-2", "Bin", "B-04-2"),
    ShippingMethod: ("name", "By boat", "Name", "By boat"),
    ShippingClosure: ("reason", "Snow", "Reason", "Snow"),
    TaxRate: ("rate", 5, "Rate", "5"),
    Promotion: ("percent", 33, "Percent", "33"),
    Voucher: ("max_uses", 9, "Most uses", "9"),
    Sale: ("percent", 44, "Percent", "44"),
    Product: ("fit", "Wide", "Fit", "Wide"),
    ProductVariant: ("price", 7777, "Price", "77.77"),
    Supplier: ("lead_time_days", 99, "Lead time days", "99"),
    SupplierProduct: ("cost", 1234, "Cost", "12.34"),
    PurchaseOrder: ("note", "By sea", "Note", "By sea"),
    Transfer: ("state", "in-transit", "State", "In transit"),
    StockCount: ("state", "counted", "State", "To approve"),
}
# Of these Django's log tells, since no row of theirs is written but in the staff site.
LOGGED = {User, Group}


def page_of(model: type[Model], row: Any) -> str:
    name = f"{model._meta.app_label}_{model._meta.model_name}_history"
    return reverse(f"admin:{name}", args=[row.pk])


def told(client: Client, row: Any) -> list[Change]:
    answer = client.get(page_of(type(row), row))
    assert answer.status_code == 200
    changes: list[Change] = answer.context["changes"]
    for change in changes:
        assert change.who in answer.content.decode()
    return changes


def test_every_table_keeps_a_history_or_says_where_it_is() -> None:
    silent = [
        model.__name__
        for model, one in admin.site._registry.items()
        if model not in WRITTEN and model not in LOGGED and not one.history_in  # type: ignore[attr-defined]
    ]
    assert silent == []
    writable = {model for model, one in admin.site._registry.items() if not isinstance(one, ReadOnlyAdmin)}
    assert writable - LOGGED == {model for model in WRITTEN if model is not StockLevel}
    assert [model for model in WRITTEN if not has_former(model)] == []


@pytest.mark.parametrize("model", WRITTEN, ids=lambda model: model.__name__)
def test_a_change_of_any_kind_is_told_with_field_from_to_who_and_when(model: type[Model]) -> None:
    row: Any = one_of_each()[model]
    owner = make_staff("owner")
    name, value, label, after = WRITTEN[model]
    row = model._default_manager.get(pk=row.pk)
    setattr(row, name, value)
    row._history_user = owner
    row.save()
    change = told(signed_in(owner), row)[0]
    assert (change.field, change.after, change.who) == (label, after, "Noor Haddad")
    assert change.at == row.history.first().history_date
    assert change.before not in ("", after)


def test_every_history_opens_and_rows_that_are_only_read_say_where_theirs_is() -> None:
    rows = one_of_each()
    client = signed_in(make_staff("owner"))
    for model, one in admin.site._registry.items():
        answer = client.get(page_of(model, rows[model]))
        assert answer.status_code == 200, model
        words = one.history_in  # type: ignore[attr-defined]
        assert not words or words.encode() in answer.content, model


def test_a_form_that_changes_a_row_made_with_many_others_tells_what_it_was_before() -> None:
    owner = make_staff("owner")
    voucher = generate(promotion=make_promotion(needs_code=True), count=1, prefix="", max_uses=1)[0]
    client = signed_in(owner)
    sent = {"promotion": voucher.promotion_id, "code": voucher.code, "max_uses": 5}
    assert client.post(reverse("admin:shop_voucher_change", args=[voucher.pk]), sent).status_code == 302
    (change,) = told(client, voucher)
    assert (change.field, change.before, change.after, change.who) == ("Most uses", "1", "5", "Noor Haddad")


def test_choices_of_many_are_told_by_name() -> None:
    promotion = make_promotion()
    shirts = Category.objects.create(name="Linen shirts", slug="linen-shirts")
    promotion.categories.add(shirts)
    change = told(signed_in(make_staff("owner")), promotion)[0]
    assert (change.field, change.before, change.after, change.who) == (
        *("Categories", "none", "Linen shirts"),
        "the shop itself",
    )


def test_the_tables_in_a_page_are_told_on_it() -> None:
    rate = ShippingRate.objects.get(pk=one_of_each()[ShippingMethod].rates.get().pk)  # type: ignore[attr-defined]
    rate.max_days += 3
    rate.save()
    change = told(signed_in(make_staff("owner")), rate.method)[0]
    assert (change.field, change.after) == ("Max days", str(rate.max_days))
    assert change.of.startswith("Shipping rate: ")


def test_what_a_service_does_is_told_with_who_asked_for_it() -> None:
    here, there = make_location("here"), make_location("there", 1)
    piece = make_variant()
    make_stock(piece, 5, location=here)
    transfer = Transfer.objects.create(source=here, destination=there)
    TransferLine.objects.create(transfer=transfer, variant=piece, quantity=2)
    client = signed_in(make_staff("warehouse"))
    assert client.post(reverse("admin:shop_transfer_send", args=[transfer.pk])).status_code == 302
    found = {change.field: change for change in told(client, transfer)}
    assert (found["State"].before, found["State"].after, found["State"].who) == ("Draft", "In transit", "Noor Haddad")
    transfers.receive(transfer=transfer, arrived={}, actor=None)
    found = {change.field: change for change in told(client, transfer)}
    assert (found["Received"].before, found["Received"].after, found["Received"].who) == ("0", "2", "the shop itself")


def test_an_action_on_rows_that_are_only_read_is_told() -> None:
    failed = OutgoingMail.objects.create(key="k", to="a@example.org", subject="S", text="T", state="failed")
    waiting = OutgoingMail.objects.create(key="l", to="a@example.org", subject="S", text="T")
    client = signed_in(make_staff("customer care"))
    sent = {"action": "resend", "_selected_action": [failed.pk, waiting.pk]}
    client.post(reverse("admin:shop_outgoingmail_changelist"), sent)
    (change,) = told(client, failed)
    assert (change.field, change.before, change.after, change.who) == ("State", "Gave up", "Pending", "Noor Haddad")
    assert told(client, waiting) == []


def test_rights_taken_away_and_given_are_told_by_name() -> None:
    group = Group.objects.create(name="Temps")
    owner = make_staff("owner")
    owner.is_superuser = True
    owner.save()
    client = signed_in(owner)
    kept = group.permissions.model.objects.get(codename="view_order")
    sent = {"name": "Helpers", "permissions": [kept.pk]}
    assert client.post(reverse("admin:auth_group_change", args=[group.pk]), sent).status_code == 302
    found = {change.field: (change.before, change.after) for change in told(client, group)}
    assert found["Name"] == ("Temps", "Helpers")
    assert found["Permissions"] == ("taken away: nothing", f"given: {kept}")


def test_of_a_password_only_that_it_was_changed_is_told() -> None:
    owner = make_staff("owner")
    other = make_staff("analyst")
    client = signed_in(owner)
    page = reverse("admin:auth_user_password_change", args=[other.pk])
    client.post(page, {"password1": "quarry-linen-77", "password2": "quarry-linen-77", "usable_password": "true"})
    text = client.get(page_of(User, other)).content.decode()
    assert "password" in text.lower() and "quarry-linen-77" not in text and "argon2" not in text


def test_what_was_typed_into_a_form_is_told_but_no_password() -> None:
    class Typing(forms.Form):
        name = forms.CharField()
        new_password = forms.CharField()

    form = Typing({"name": "b", "new_password": "quarry-linen-77"}, initial={"name": "a"})
    assert form.is_valid()
    assert typed_values(form) == [["Name", "a", "b"]]


def test_who_may_not_see_a_row_does_not_see_its_history() -> None:
    rows = one_of_each()
    boss = make_staff("owner")
    care = signed_in(make_staff("customer care"))
    assert care.get(page_of(User, boss)).status_code == 404
    assert care.get(page_of(Supplier, rows[Supplier])).status_code == 403
    for role in ROLES:
        assert signed_in(make_staff(role, f"x-{role}@example.org".replace(" ", ""))).get(
            page_of(Group, Group.objects.first())
        ).status_code == (200 if role == "owner" else 403)


def test_a_history_takes_the_same_few_queries_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    promotion: Any = make_promotion()
    model_admin = admin.site.get_model_admin(Promotion)
    request: Any = type("Asked", (), {"user": make_staff("owner")})()
    for number in range(10):
        promotion.percent = 10 + number
        promotion.save()
    with django_assert_max_num_queries(8):
        assert len(changes_of(model_admin, request, promotion.pk)) >= 10
