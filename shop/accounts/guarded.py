"""The accounts port as pages call it: tries are counted first, and what came of them is written down.

Every function is the port's method of that name with the request before it, and raises TooManyTries as well: counted by
what was typed, so an e-mail without an account runs out of tries just as one with an account does.
"""

from datetime import timedelta
from ipaddress import ip_network

from django.http import HttpRequest

from shop.accounts.audit import note
from shop.accounts.devices import claimed, is_known
from shop.accounts.limits import Rule, clear, hit, take, waits_of
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent
from shop.adapters.accounts import (
    Challenge,
    CodeRefused,
    SignedIn,
    SignUp,
    TooManyTries,
    WrongCredentials,
    accounts,
)
from shop.core.http import client_address

Kind = AccountEvent.Kind
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def sign_in(request: HttpRequest, *, email: str, password: str) -> SignedIn | Challenge:
    tries = SignInTries(request, email)
    tries.count()
    try:
        outcome = accounts().sign_in(email=email, password=password)
    except WrongCredentials:
        _note(Kind.SIGN_IN_REFUSED, request, email)
        raise
    if isinstance(outcome, SignedIn):
        tries.forget()
    return outcome


def answer(request: HttpRequest, *, challenge: Challenge, answer: str) -> SignedIn | Challenge:
    code = Rule(f"second-step:{challenge.email}", 5, DAY, wait=30 * SECOND, longest=15 * MINUTE, slides=True)
    _locked_out_noted(request, challenge.email, code)
    try:
        outcome = accounts().answer(challenge=challenge, answer=answer)
    except CodeRefused:
        _note(Kind.SIGN_IN_REFUSED, request, challenge.email, "the code was not right")
        raise
    if isinstance(outcome, SignedIn):
        clear(code.key)
        SignInTries(request, challenge.email).forget()
    return outcome


def sign_up(request: HttpRequest, *, email: str, password: str, full_name: str) -> SignUp:
    _count(request, "sign-up", email, per_email=5, per_address=20)
    return accounts().sign_up(email=email, password=password, full_name=full_name)


def resend_confirmation(request: HttpRequest, *, email: str) -> None:
    _count(request, "resend", email, per_email=5, per_address=20)
    accounts().resend_confirmation(email=email)


def confirm_sign_up(request: HttpRequest, *, email: str, code: str, password: str) -> SignedIn | None:
    _count(request, "confirm", email, per_email=10, per_address=60)
    return accounts().confirm_sign_up(email=email, code=code, password=password)


def forgot_password(request: HttpRequest, *, email: str) -> None:
    """Counted apart from signing in: an account that is locked for now can still be had back by mail."""
    _count(request, "forgot", email, per_email=5, per_address=20)
    accounts().forgot_password(email=email)
    _note(Kind.RESET_ASKED, request, email)


def reset_password(request: HttpRequest, *, email: str, code: str, password: str) -> str:
    """The e-mail of the account. Whoever has the mailbox has the account, so no wait is left afterwards."""
    _count(request, "reset", email, per_email=10, per_address=60)
    email = accounts().reset_password(email=email, code=code, password=password)
    SignInTries(request, email).forget()
    return email


class SignInTries:
    """The tries to sign in to one account from one place. Wrong ones only: a right one is taken back.

    The account is counted only by tries that the place itself still has, so that one place alone cannot use up the
    account's tries and keep its owner out everywhere else.
    """

    def __init__(self, request: HttpRequest, email: str) -> None:
        address, network = whence(request)
        self.request, self.email = request, email
        self.here = Rule(f"sign-in-here:{email} {address}", 5, DAY, wait=30 * SECOND, longest=HOUR, slides=True)
        self.address = Rule(f"sign-in-address:{address}", 40, HOUR, wait=10 * SECOND, longest=15 * MINUTE)
        self.network = Rule(f"sign-in-network:{network}", 200, HOUR, wait=10 * SECOND, longest=15 * MINUTE)
        self.account = Rule(f"sign-in:{email}", 25, DAY, wait=MINUTE, longest=15 * MINUTE, slides=True)
        own = f"sign-in-device:{email} {claimed(request)}"
        self.device = Rule(own, 5, DAY, wait=30 * SECOND, longest=HOUR, slides=True)

    def count(self) -> None:
        """Raises TooManyTries."""
        own = [self.device] if claimed(self.request) else []
        waits = waits_of(self.here, self.address, self.network, *own, last=self.account)
        used_up_by_others = bool(waits) and set(waits) <= {self.here.key, self.account.key}
        if waits and not (own and used_up_by_others and is_known(self.request, self.email)):
            _note_locked_out(self.request, self.email)
            raise TooManyTries(seconds=max(waits.values()))

    def forget(self) -> None:
        clear(self.here.key, self.account.key, self.device.key, give_back=[self.address.key, self.network.key])


def whence(request: HttpRequest) -> tuple[str, str]:
    """The address as one subscriber has it (IPv6: a /64), and the network around it (/24, IPv6: /48)."""
    address = client_address(request)
    if address is None:
        return "unknown", "unknown"
    single, around = ("64", "48") if ":" in address else ("32", "24")
    return str(ip_network(f"{address}/{single}", strict=False)), str(ip_network(f"{address}/{around}", strict=False))


def _count(request: HttpRequest, about: str, email: str, *, per_email: int, per_address: int) -> None:
    """So many an hour for the e-mail (where one was typed) and for the address; for the network five times as many."""
    address, network = whence(request)
    rules = [
        Rule(f"{about}-address:{address}", per_address, HOUR),
        Rule(f"{about}-network:{network}", 5 * per_address, HOUR),
    ]
    take(*rules, *([Rule(f"{about}:{email}", per_email, HOUR)] if email else []))


def _locked_out_noted(request: HttpRequest, email: str, *rules: Rule) -> None:
    """Count; a refusal is written down."""
    try:
        take(*rules)
    except TooManyTries:
        _note_locked_out(request, email)
        raise


def _note_locked_out(request: HttpRequest, email: str) -> None:
    """Once an hour, so that hammering does not fill the table."""
    try:
        hit(f"lock-noted:{email}", limit=1, window=HOUR)
    except TooManyTries:
        return
    _note(Kind.LOCKED_OUT, request, email)


def _note(kind: AccountEvent.Kind, request: HttpRequest, email: str, words: str = "") -> None:
    """Looked up either way, so that the page takes as long without an account as with one."""
    note(kind, request=request, user=User.objects.filter(email=email).first(), email=email, note=words)
