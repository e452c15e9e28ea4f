import pytest
from pytest_django import Settings


@pytest.fixture(autouse=True)
def product_page(settings: Settings) -> None:
    settings.ROOT_URLCONF = "shop.tests.urls_with_product"
