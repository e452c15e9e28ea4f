"""What a sign-in costs the database: from the password to the account page, part by part."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.accounts.customer_models import Address
from shop.accounts.models import User
from shop.accounts.tests.test_home import invoice_of, order_of
from shop.accounts.tests.test_pages import PASSWORD, sign_in
from shop.catalog import listings
from shop.tests.builders import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> User:
    user = make_user()
    Address.objects.create(user=user, full_name="Alice", country="GB", address="1 High Street", default_delivery=True)
    listings.bump_version()
    for _ in range(2):
        invoice_of(order_of(user))
    return user


def statements(asked: CaptureQueriesContext) -> list[str]:
    """Without savepoints, which a test has where the shop has transactions."""
    return [query["sql"] for query in asked.captured_queries if "SAVEPOINT" not in query["sql"]]


@pytest.mark.parametrize("returning", [False, True], ids=["first time here", "was here before"])
def test_from_the_password_to_the_account_page_takes_twelve_queries(
    client: Client, alice: User, returning: bool
) -> None:
    sign_in(client)
    # The catalogue is in the process by now.
    assert client.get("/account/").status_code == 200
    client.post("/account/logout/")
    browser = client if returning else Client()
    browser.get("/account/login/")
    with CaptureQueriesContext(connection) as posted:
        answer = browser.post("/account/login/", {"email": alice.email, "password": PASSWORD})
    with CaptureQueriesContext(connection) as shown:
        page = browser.get(answer["Location"])
    assert page.status_code == 200 and b"Invoice" in page.content and b"1 High Street" in page.content
    # Tries counted, the account with its app, tries taken back, the sign-in, its event, guest orders, the session.
    assert len(statements(posted)) == 7, "\n".join(statements(posted))
    # The session, the sign-in with its account, orders, addresses, the catalogue's version.
    assert len(statements(shown)) == 5, "\n".join(statements(shown))
