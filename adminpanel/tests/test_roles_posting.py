"""Who may change what: every role posts to every kind of form, and a refused post changes nothing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.urls import reverse

from adminpanel import orders_admin
from adminpanel.roles import ROLES, rights
from adminpanel.tests.builders import make_staff, signed_in
from adminpanel.tests.test_orders import make_attempt
from shop.accounts.models import User
from shop.catalog.models import Category, Product, ProductVariant
from shop.delivery.models import ShippingMethod
from shop.events.models import OutboxEvent
from shop.mail.models import MailRefusal, OutgoingMail
from shop.marketing.models import Promotion
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from shop.tests.builders import make_category, make_order, make_promotion, make_rate, make_user, make_variant
from shop.warehouse.models import StockMovement

pytestmark = pytest.mark.django_db
PROMOTION = {
    **{"name": "Ten", "kind": "percent", "percent": "11", "needs_code": "on", "is_active": "on"},
    **{"starts_at_0": "2030-01-01", "starts_at_1": "09:00", "ends_at_0": "", "ends_at_1": ""},
}
SALE = {
    **{"name": "Summer", "percent": "20", "is_active": "on", "starts_at_0": "2030-01-01", "starts_at_1": "09:00"},
    **{"ends_at_0": "2030-02-01", "ends_at_1": "09:00"},
}
CATEGORY = {"name": "Knitwear", "slug": "knitwear", "position": 3}


@dataclass(frozen=True)
class Post:
    """A form that changes something, and the rights it asks for; without any, nobody may send it."""

    page: str
    data: dict[str, Any]
    needs: set[str] = field(default_factory=set)
    row: Callable[[], int] | None = None

    def address(self) -> str:
        return reverse(f"admin:shop_{self.page}", args=[self.row()] if self.row else [])


def make_shop() -> None:
    """One row at least of everything that the posts are about."""
    order = make_order(make_variant())
    make_attempt(order)
    make_rate()
    make_promotion()
    make_promotion()
    make_category("Empty", "empty")
    make_category("Spare", "spare")
    make_user("carl@example.org", full_name="Carl")
    OutboxEvent.objects.create(name="OrderPlaced", detail={}, state=OutboxEvent.State.DEAD)
    MailRefusal.objects.create(email="carl@example.org", kind=MailRefusal.Kind.BOUNCE, feedback_id="f")
    OutgoingMail.objects.create(key="k", to="carl@example.org", subject="S", text="T", state=OutgoingMail.State.FAILED)


def only(model: type[Any], **which: Any) -> Callable[[], int]:
    return lambda: int(model.objects.get(**which).pk)


def chosen(action: str, model: type[Any], **which: Any) -> dict[str, Any]:
    """What a list posts for one of its actions."""
    return {"action": action, "index": 0, "_selected_action": [str(model.objects.get(**which).pk)]}


def grid_cell() -> dict[str, str]:
    variant = ProductVariant.objects.get()
    prefix = f"c{variant.colour_id}s{variant.size_id}"
    return {"save": "1", f"{prefix}-price": "15.00", f"{prefix}-active": "on"}


def stock_level() -> int:
    return int(ProductVariant.objects.get().stock_levels.get().pk)


def location() -> int:
    return int(ProductVariant.objects.get().stock_levels.get().location_id)


def posts() -> dict[str, Post]:
    """By name; called when the shop is made."""
    variant, method = ProductVariant.objects.get(), ShippingMethod.objects.get()
    no_rates = {"rates-TOTAL_FORMS": 0, "rates-INITIAL_FORMS": 0}
    price = {"sku": variant.sku, "price": "12.50", "is_active": "on", "sold_ahead": "0"}
    person = {"email": "carl@example.org", "full_name": "Karl", "is_active": "on"}
    new_person = {"email": "new@example.org", "password1": "a-long-pass-77", "password2": "a-long-pass-77"}
    spring, doomed = (only(Promotion, pk=row.pk) for row in Promotion.objects.order_by("pk"))
    renamed, delete = {**CATEGORY, "slug": "empty"}, {"post": "yes"}
    from_list = {**chosen("delete_selected", Category, slug="spare"), "post": "yes"}
    return {
        "add a category": Post("category_add", CATEGORY, {"add_category"}),
        "change a category": Post("category_change", renamed, {"change_category"}, only(Category, slug="empty")),
        "delete a category": Post("category_delete", delete, {"delete_category"}, only(Category, slug="empty")),
        "set a price": Post("productvariant_change", price, {"change_productvariant"}, only(ProductVariant)),
        "save the grid": Post(
            "product_grid",
            grid_cell(),
            {"change_product", "change_productvariant", "add_productvariant"},
            only(Product),
        ),
        "delete from a list": Post("category_changelist", from_list, {"delete_category"}),
        "correct stock": Post(
            "stocklevel_change", {"on_hand": "7", "reason": "Count"}, {"change_stocklevel"}, stock_level
        ),
        "close a location": Post(
            "stocklocation_change", {"name": "Main", "code": "main", "position": 0}, {"change_stocklocation"}, location
        ),
        "add a location": Post("stocklocation_add", {"name": "B", "code": "b", "position": 1}, {"add_stocklocation"}),
        "rename a delivery method": Post(
            "shippingmethod_change",
            {"code": method.code, "name": "Slow", "position": 0, "cut_off": "14:00", **no_rates},
            {"change_shippingmethod"},
            only(ShippingMethod),
        ),
        "change a person": Post("user_change", person, {"change_user"}, only(User, email="carl@example.org")),
        "add a person": Post("user_add", new_person, {"add_user"}),
        "delete a person": Post("user_delete", delete, {"delete_user"}, only(User, email="carl@example.org")),
        "sync a payment": Post("order_sync", {}, {"change_paymentattempt", "view_order"}, only(Order)),
        "publish again": Post("outboxevent_changelist", chosen("retry", OutboxEvent), {"change_outboxevent"}),
        "send a mail again": Post("outgoingmail_changelist", chosen("resend", OutgoingMail), {"change_outgoingmail"}),
        "lift a refused address": Post("mailrefusal_changelist", chosen("lift", MailRefusal), {"change_mailrefusal"}),
        "add a promotion": Post("promotion_add", PROMOTION, {"add_promotion"}),
        "change a promotion": Post("promotion_change", PROMOTION, {"change_promotion"}, spring),
        "delete a promotion": Post("promotion_delete", delete, {"delete_promotion"}, doomed),
        "make codes": Post("promotion_codes", {"count": 3, "max_uses": 1}, {"view_promotion", "add_voucher"}, spring),
        "add a sale": Post("sale_add", SALE, {"add_sale"}),
        "add a redemption": Post("redemption_add", {"name": "X"}),
        "change an order": Post("order_change", {"state": "paid"}, row=only(Order)),
        "delete an order": Post("order_delete", delete, row=only(Order)),
        "change a payment": Post("paymentattempt_change", {"state": "paid"}, row=only(PaymentAttempt)),
        "add a payment": Post("paymentattempt_add", {"state": "paid"}),
        "add to the ledger": Post("stockmovement_add", {"on_hand_change": 5}),
        "delete from the ledger": Post("stockmovement_delete", delete, row=only(StockMovement)),
    }


def everything() -> dict[str, list[Any]]:
    """All rows of the shop, and who holds which right."""
    models = [
        model for app in ("shop", "auth") for model in apps.get_app_config(app).get_models(include_auto_created=True)
    ]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


def allowed(role: str, post: Post) -> bool:
    return bool(post.needs) and {("shop", name) for name in post.needs} <= rights(role)


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_not_change_it_cannot_by_posting(role: str) -> None:
    make_shop()
    client = signed_in(make_staff(role))
    before = everything()
    refused = {name: post for name, post in posts().items() if not allowed(role, post)}
    for name, post in refused.items():
        response = client.post(post.address(), post.data)
        # A list that may be seen does not know the action and shows itself; everything else is forbidden.
        told = [200, 302, 403] if post.page.endswith("_changelist") else [403]
        assert response.status_code in told, name
        assert everything() == before, name
    assert refused


@pytest.mark.parametrize("role", ROLES)
def test_what_a_role_may_change_is_changed(role: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(pk: Any) -> PaymentAttempt:
        PaymentAttempt.objects.filter(pk=pk).update(state="failed")
        return PaymentAttempt.objects.get(pk=pk)

    monkeypatch.setattr(orders_admin, "sync", sync)
    make_shop()
    client = signed_in(make_staff(role))
    for name, post in posts().items():
        if allowed(role, post):
            before = everything()
            response = client.post(post.address(), post.data)
            assert response.status_code == 302, name
            assert everything() != before, name
