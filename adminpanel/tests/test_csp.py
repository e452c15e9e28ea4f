"""The staff site has a policy of its own; nothing else has."""

import pytest
from django.test import Client

HEADER = "Content-Security-Policy"


@pytest.mark.django_db
def test_the_admin_may_evaluate_its_own_scripts_and_style_in_the_page() -> None:
    policy = Client().get("/admin/login/").headers[HEADER]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "style-src 'self' 'unsafe-inline'" in policy
    assert "default-src 'none'" in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/no-such-page/", "/administration/", "/admin"])
def test_every_other_address_keeps_the_strict_policy(path: str) -> None:
    policy = Client().get(path).headers[HEADER]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.django_db
def test_a_missing_admin_page_has_the_admins_policy_too() -> None:
    assert "unsafe-eval" in Client().get("/admin/no-such-page/").headers[HEADER]
