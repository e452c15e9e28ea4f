"""What the function loads when it starts, in a process of its own with production's settings."""

import os
import subprocess
import sys

from django.conf import settings

from storefront.tests.test_settings import NEEDED

# Seconds of starting that no page needs: whoever needs one of these imports it then.
HEAVY = (
    *("PIL", "ariadne", "boto3", "botocore", "cryptography", "easypost", "graphql", "holidays", "jwt", "openpyxl"),
    *("reportlab", "requests", "segno", "stripe", "adminpanel.tables", "adminpanel.products_admin", "unfold.admin"),
)
STARTED = "from storefront.aws import entry; import sys; from django.urls import resolve, reverse\n"


def told(code: str) -> list[str]:
    """The lines that this code prints after the function has started."""
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "storefront.settings.aws"} | NEEDED
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", STARTED + code],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_start_loads_every_public_address_and_nothing_heavy() -> None:
    code = f"""
print(sorted(set({HEAVY!r}) & set(sys.modules)))
print("shop.checkout.views.checkout" in sys.modules)
print(reverse("shop-product", args=["a"]), resolve("/cart/").url_name)
print(sorted(set({HEAVY!r}) & set(sys.modules)))
"""
    assert told(code) == ["[]", "True", "/product/a/ cart", "[]"]


def test_the_staff_site_is_loaded_by_the_first_request_for_it() -> None:
    code = """
print("adminpanel.tables" in sys.modules)
print(resolve("/admin/shop/order/").url_name, resolve("/admin/").namespace)
print(reverse("admin:shop_order_changelist"), reverse("staff-find"))
print("adminpanel.products_admin" in sys.modules)
"""
    assert told(code) == ["False", "shop_order_changelist admin", "/admin/shop/order/ /admin/find/", "True"]


def test_an_address_of_the_staff_site_can_be_reversed_before_it_was_asked_for() -> None:
    assert told('print(reverse("admin:index"))') == ["/admin/"]


def test_the_staffs_search_can_be_the_first_thing_asked_for() -> None:
    code = """
from django.test import RequestFactory
from django.contrib.auth.models import AnonymousUser
request = RequestFactory().get("/admin/find/")
request.user = AnonymousUser()
print(resolve("/admin/find/").func(request).status_code)
print("adminpanel.products_admin" in sys.modules)
"""
    assert told(code) == ["302", "True"]
