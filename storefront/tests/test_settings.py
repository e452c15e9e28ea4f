"""The production settings, loaded in a process of their own."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

NEEDED = {
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "shop.example",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "SELLER_NAME": "A Shop Ltd",
    "SELLER_ADDRESS": "1 Yard,London",
}


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with only these variables of ours."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "storefront.settings.aws"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_djangos_deployment_checks() -> None:
    result = check(NEEDED)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["SECRET_KEY", "ALLOWED_HOSTS", "SITE_URL", "STRIPE_WEBHOOK_SECRET", "SELLER_ADDRESS"])
def test_a_missing_value_stops_the_start_with_its_name(name: str) -> None:
    result = check({key: value for key, value in NEEDED.items() if key != name})
    assert result.returncode != 0
    assert name in result.stderr
