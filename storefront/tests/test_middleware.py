import pytest
from django.test import Client
from pytest_django import Settings


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/nothing-here/", "/product/nothing-here/", "/orders/AAAA-AAAA/wrong/"])
def test_the_local_server_answers_404_with_the_shops_own_page(path: str, client: Client, settings: Settings) -> None:
    settings.DEBUG = True
    response = client.get(path)
    assert response.status_code == 404
    assert "AspireClothes" in response.text
    assert "DEBUG = True" not in response.text
