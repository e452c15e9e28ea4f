"""Somebody with a browser: follows redirects, fills in the forms of pages, and tries again when the shop goes away."""

import threading
import time
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests

PAYS, DECLINED, ASKS = "4242424242424242", "4000000000000002", "4000000000003220"
TRIES = 12
# Seconds a person waits for a page.
PATIENCE = 60


class ShopIsDown(Exception):
    """No answer, however often it was asked."""


class Forms(HTMLParser):
    """Every form of a page: its address and its fields, as a browser would send them without a button."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        fields = {name: value or "" for name, value in attrs}
        name = fields.get("name", "")
        if tag == "form":
            self.found.append((fields.get("action", ""), {}))
        elif not self.found:
            return
        elif tag == "input" and name:
            ticked = fields.get("type") in ("radio", "checkbox")
            if not ticked or "checked" in fields:
                self.found[-1][1][name] = fields.get("value", "on" if ticked else "")
        elif tag == "select":
            self.select = name
        elif tag == "option" and self.select and ("selected" in fields or self.select not in self.found[-1][1]):
            self.found[-1][1][self.select] = fields.get("value", "")


class Shopper:
    """One person, one browser. What the shop answered last is `page`; `faults` are answers nobody should ever get."""

    def __init__(self, shop: str, name: str) -> None:
        self.shop, self.email = shop, f"{name}@example.com"
        self.http = requests.Session()
        self.page = requests.Response()
        self.faults: list[str] = []
        self.retries = 0

    def go(self, url: str, data: dict[str, Any] | None = None, *, follow: bool = True) -> requests.Response:
        """Ask for an address (or post to it), follow where it leads, and look at what comes."""
        response = self._ask(url, data)
        while follow and response.is_redirect:
            response = self._ask(urljoin(response.url, response.headers["Location"]), None)
        self.page = response
        return response

    def press(self, field: str, *, follow: bool = True, **typed: str) -> requests.Response:
        """Send the form on the present page that has that field, with these values typed in."""
        action, fields = self.form(field)
        return self.go(urljoin(self.page.url, action or self.page.url), {**fields, **typed}, follow=follow)

    def form(self, field: str) -> tuple[str, dict[str, str]]:
        """Address and fields of the form on the present page that has that field."""
        for action, fields in Forms(self.page.text).found:
            if field in fields or action.endswith(field):
                return action, fields
        raise LookupError(f"{self.page.url} ({self.page.status_code}) has no form with {field}")

    def add(self, variant: int, quantity: int = 1) -> None:
        self.go(f"{self.shop}/cart/add/", {"variant": variant, "quantity": quantity})

    def other_tab(self) -> "Shopper":
        """The same browser once more, at the same page."""
        other = Shopper(self.shop, self.email.partition("@")[0])
        other.http.cookies.update(self.http.cookies)
        other.page = self.page
        return other

    def use_code(self, code: str) -> None:
        """Type a voucher code into the bag."""
        self.go(f"{self.shop}/cart/")
        self.press("/cart/code/", code=code, apply="1")

    def fill_in(self, **typed: str) -> dict[str, str]:
        """The checkout form of the bag, filled in; empty when the shop does not show one."""
        if not self.go(f"{self.shop}/checkout/").url.endswith("/checkout/"):
            return {}
        who = {"email": self.email, "name": "Sam Okafor", "country": "GB", "phone": ""}
        where = {"address": "14 Navarino Road", "address2": "", "city": "London", "postcode": "E8 3PN"}
        return self.form("placement_key")[1] | who | where | typed

    def place(self, variant: int, quantity: int = 1, **typed: str) -> bool:
        """Bag, checkout, and on to the payment page; whether one was reached."""
        self.add(variant, quantity)
        if form := self.fill_in(**typed):
            self.go(f"{self.shop}/checkout/", form)
        return self.may_pay

    @property
    def may_pay(self) -> bool:
        card = "/pay/cs_test" in self.page.url and "card_number" in self.page.text
        return card or ("/paypal/approve/" in self.page.url and "funding" in self.page.text)

    def sign_in(self, password: str) -> None:
        """As staff, at the door of the staff site."""
        self.go(f"{self.shop}/admin/login/")
        self.press("password", email=self.email, password=password)

    def card(self, number: str = PAYS, *, follow: bool = True) -> None:
        self.press("card_number", follow=follow, card_number=number, expiry="12/40", cvc="123")

    def agree(self, funding: str = "balance", *, follow: bool = True) -> None:
        self.press("funding", follow=follow, funding=funding)

    def _ask(self, url: str, data: dict[str, Any] | None) -> requests.Response:
        """One request; a broken connection is a shop that went away: asked again, as people do."""
        # Where the form stands, as a browser says it.
        headers = {"Origin": "{0.scheme}://{0.netloc}".format(urlsplit(url))} if data is not None else {}
        for _ in range(TRIES):
            try:
                method = "GET" if data is None else "POST"
                response = self.http.request(
                    method, url, data=data, headers=headers, allow_redirects=False, timeout=PATIENCE
                )
            except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
                self.retries += 1
                time.sleep(0.2)
                continue
            except requests.Timeout as late:
                raise ShopIsDown(f"{method} {url} had no answer after {PATIENCE} s") from late
            if response.status_code >= 400:
                self.faults.append(f"{method} {url} answered {response.status_code}")
            return response
        raise ShopIsDown(url)


def at_once(*deeds: Callable[[], object]) -> None:
    """Do all of them at the same moment; returns when all are done."""
    start = threading.Barrier(len(deeds), timeout=PATIENCE)

    def do(deed: Callable[[], object]) -> None:
        start.wait()
        deed()

    threads = [threading.Thread(target=do, args=[deed]) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
