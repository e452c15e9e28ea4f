"""Who may open what: every role against the main addresses, as docs/roles.md says."""

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.urls import reverse

from adminpanel.addresses import DOORS, addresses
from adminpanel.roles import ROLES, rights, sync_roles
from adminpanel.tests.builders import make_staff, signed_in
from shop.accounts.models import User
from shop.tests.builders import make_user

PAGES = {
    "Parcels": "admin:shop_shipment_changelist",
    "Closed days": "admin:shop_shippingclosure_changelist",
    "Add a closed day": "admin:shop_shippingclosure_add",
    "Home": "admin:index",
    "What a month costs": "admin:staff-costs",
    "Alerts": "admin:shop_alert_changelist",
    "Orders": "admin:shop_order_changelist",
    "Returns": "admin:shop_return_changelist",
    "Payments": "admin:shop_paymentattempt_changelist",
    "Refunds": "admin:shop_refund_changelist",
    "Disputes": "admin:shop_dispute_changelist",
    "Provider events": "admin:shop_providerevent_changelist",
    "Mails": "admin:shop_outgoingmail_changelist",
    "Refused addresses": "admin:shop_mailrefusal_changelist",
    "Events": "admin:shop_outboxevent_changelist",
    "Releases": "admin:shop_release_changelist",
    "Restore drills": "admin:shop_restoredrill_changelist",
    "Products": "admin:shop_product_changelist",
    "Add a product": "admin:shop_product_add",
    "Prices": "admin:shop_productvariant_changelist",
    "Categories": "admin:shop_category_changelist",
    "Add a category": "admin:shop_category_add",
    "Colours": "admin:shop_colour_changelist",
    "Sizes": "admin:shop_sizesystem_changelist",
    "Size charts": "admin:shop_sizechart_changelist",
    "Packing": "admin:shop_packingtask_changelist",
    "Waves": "admin:shop_wave_changelist",
    "Import and export": "admin:shop_dataimport_changelist",
    "Bulk changes": "admin:shop_bulkchange_changelist",
    "Stock": "admin:shop_stocklevel_changelist",
    "Stock ledger": "admin:shop_stockmovement_changelist",
    "Reservations": "admin:shop_reservation_changelist",
    "Back orders": "admin:shop_backorder_changelist",
    "Transfers": "admin:shop_transfer_changelist",
    "Stock counts": "admin:shop_stockcount_changelist",
    "Locations": "admin:shop_stocklocation_changelist",
    "Suppliers": "admin:shop_supplier_changelist",
    "Add a supplier": "admin:shop_supplier_add",
    "What suppliers sell": "admin:shop_supplierproduct_changelist",
    "Purchase orders": "admin:shop_purchaseorder_changelist",
    "Add a purchase order": "admin:shop_purchaseorder_add",
    "Receipts": "admin:shop_goodsreceipt_changelist",
    "Promotions": "admin:shop_promotion_changelist",
    "Add a promotion": "admin:shop_promotion_add",
    "Voucher codes": "admin:shop_voucher_changelist",
    "Redemptions": "admin:shop_redemption_changelist",
    "Sales": "admin:shop_sale_changelist",
    "Add a sale": "admin:shop_sale_add",
    "Delivery": "admin:shop_shippingmethod_changelist",
    "Add a delivery method": "admin:shop_shippingmethod_add",
    "Invoices": "admin:shop_document_changelist",
    "VAT rates": "admin:shop_taxrate_changelist",
    "Add a VAT rate": "admin:shop_taxrate_add",
    "People": "admin:shop_user_changelist",
    "Add a person": "admin:shop_user_add",
    "Roles": "admin:auth_group_changelist",
    "Add a role": "admin:auth_group_add",
}


def documented() -> dict[str, set[str]]:
    """The table of docs/roles.md: page -> roles that may open it."""
    lines = (Path(settings.BASE_DIR) / "docs" / "roles.md").read_text().splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("| page |"))
    end = lines.index("", first)
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[first:end]]
    roles = table[0][1:]
    return {row[0]: {role for role, mark in zip(roles, row[1:], strict=True) if mark == "yes"} for row in table[2:]}


def test_the_document_says_who_opens_which_page() -> None:
    """As adminpanel/addresses.py has it, which test_every_address.py holds the site to."""
    roles = {f"admin:{address.name}": address.roles("GET") for address in addresses() if address.name not in DOORS}
    assert documented() == {page: set(roles[name]) for page, name in PAGES.items()}


@pytest.mark.django_db
def test_migrating_makes_the_roles_and_syncing_again_changes_nothing() -> None:
    def state() -> dict[str, set[int]]:
        return {group.name: set(group.permissions.values_list("pk", flat=True)) for group in Group.objects.all()}

    before = state()
    assert set(before) == set(ROLES)
    sync_roles()
    assert state() == before


@pytest.mark.django_db
def test_the_command_takes_back_a_right_given_by_hand_and_keeps_other_groups() -> None:
    analyst, extra = Group.objects.get(name="analyst"), Group.objects.create(name="press")
    analyst.permissions.set(Group.objects.get(name="owner").permissions.all())
    call_command("roles", verbosity=0)
    assert analyst.permissions.count() == len(rights("analyst"))
    assert Group.objects.filter(pk=extra.pk).exists()


def test_the_owner_holds_every_right_of_every_role() -> None:
    assert all(rights(role) <= rights("owner") for role in ROLES)


def test_only_the_owner_manages_people_and_roles() -> None:
    managing = {"add_user", "change_user", "delete_user", "add_group", "change_group", "view_group"}
    assert [role for role in ROLES if {name for _, name in rights(role)} & managing] == ["owner"]


def person_form(person: User, **changes: object) -> dict[str, object]:
    form: dict[str, object] = {"email": person.email, "full_name": person.full_name, "is_active": "on"}
    return form | changes


@pytest.mark.django_db
def test_an_owner_cannot_touch_a_superuser() -> None:
    boss = User.objects.create_superuser("boss@example.org", "a-long-password-1", full_name="Boss")
    client = signed_in(make_staff("owner"))
    url = reverse("admin:shop_user_change", args=[boss.pk])
    assert client.post(url, person_form(boss, full_name="Changed")).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[boss.pk])
    assert client.post(password, {"password1": "another-pass-9", "password2": "another-pass-9"}).status_code == 403
    assert client.post(reverse("admin:shop_user_delete", args=[boss.pk]), {"post": "yes"}).status_code == 403
    bulk = {"action": "delete_selected", "_selected_action": [boss.pk], "post": "yes"}
    client.post(reverse("admin:shop_user_changelist"), bulk)
    boss.refresh_from_db()
    assert boss.full_name == "Boss"
    assert boss.check_password("a-long-password-1")


@pytest.mark.django_db
def test_an_owner_cannot_make_a_superuser_of_anybody() -> None:
    owner = make_staff("owner")
    url = reverse("admin:shop_user_change", args=[owner.pk])
    form = person_form(owner, is_staff="on", is_superuser="on", groups=[owner.groups.get().pk])
    assert signed_in(owner).post(url, form).status_code == 302
    owner.refresh_from_db()
    assert owner.is_superuser is False
    assert owner.is_staff is True


@pytest.mark.django_db
def test_nobody_gives_a_group_that_holds_more_than_they_do() -> None:
    above = Group.objects.create(name="above")
    above.permissions.set(list_of_all_permissions())
    person = make_staff("analyst", "ann@example.org")
    response = signed_in(make_staff("owner")).post(
        reverse("admin:shop_user_change", args=[person.pk]), person_form(person, is_staff="on", groups=[above.pk])
    )
    assert response.status_code == 200
    assert "is not one of the available choices" in response.content.decode()
    assert [group.name for group in person.groups.all()] == ["analyst"]


@pytest.mark.django_db
def test_nobody_edits_a_role_that_holds_more_than_they_do() -> None:
    above = Group.objects.create(name="above")
    above.permissions.set(list_of_all_permissions())
    url = reverse("admin:auth_group_change", args=[above.pk])
    assert signed_in(make_staff("owner")).post(url, {"name": "mine"}).status_code == 403
    above.refresh_from_db()
    assert above.name == "above"


@pytest.mark.django_db
def test_care_sees_customers_but_not_staff() -> None:
    customer, staff = make_user("carl@example.org"), make_staff("owner")
    client = signed_in(make_staff("customer care"))
    page = client.get(reverse("admin:shop_user_changelist")).content.decode()
    assert "carl@example.org" in page
    assert "owner@example.org" not in page
    assert client.get(reverse("admin:shop_user_change", args=[customer.pk])).status_code == 200
    assert client.get(reverse("admin:shop_user_change", args=[staff.pk])).status_code == 302


def list_of_all_permissions() -> list[Permission]:

    return list(Permission.objects.all())
