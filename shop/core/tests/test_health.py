import pytest
from django.test import Client


def test_healthz_names_the_build_without_a_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok dev\n")


@pytest.mark.django_db
def test_readyz_asks_the_database(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


def test_a_browser_that_asks_for_the_icon_by_its_old_name_is_told_where_it_lies(client: Client) -> None:
    response = client.get("/favicon.ico")
    assert (response.status_code, response.headers["Cache-Control"]) == (302, "public, max-age=86400")
    assert response.headers["Location"].startswith("/static/img/icon-192")
