"""Proving again who one is, before what a stranger at an open browser must not do."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from shop.accounts import guarded, sessions
from shop.accounts.access import signed_in_page
from shop.accounts.models import User
from shop.accounts.people import subject_of
from shop.accounts.security_models import SignIn
from shop.adapters.accounts import Challenge, ChallengeKind, SignedIn, SignInLapsed
from shop.core import clock
from shop.core.http import see_other

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
LASTS = timedelta(minutes=10)


def proved_page(view: View[P]) -> View[P]:
    """A page for whoever proved in the last ten minutes to be who they are; others do so first and come back.

    A form that comes too late leads back to its page, which is empty again: what it held is a secret, or is little.
    """

    @signed_in_page
    @wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if is_proved(request):
            return view(request, *args, **kwargs)
        after = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
        return see_other(f"{reverse('account-prove')}?{urlencode({'next': after}, safe='/')}")

    return wrapped


def is_proved(request: HttpRequest) -> bool:
    """Whether whoever is signed in here gave password, and code where one is asked for, in the last ten minutes."""
    row = sessions.current(request)
    return row is not None and row.user_id == request.user.pk and row.proved_at > clock.now() - LASTS


def prove(request: HttpRequest, *, password: str, code: str = "") -> None:
    """Ask the provider as at a sign-in, and begin the ten minutes anew under a new session key.

    Raises WrongCredentials, CodeRefused, TooManyTries, and SignInLapsed where that proved to be somebody else.
    """
    user = cast(User, request.user)
    outcome = guarded.sign_in(request, email=user.email, password=password)
    if isinstance(outcome, Challenge) and outcome.kind == ChallengeKind.CODE:
        outcome = guarded.answer(request, challenge=outcome, answer=code)
    if not isinstance(outcome, SignedIn) or outcome.identity.subject != subject_of(user):
        raise SignInLapsed("another account, or a password to be chosen first")
    _keep(request, outcome)


def _keep(request: HttpRequest, proof: SignedIn) -> None:
    row = sessions.current(request)
    if row is None:
        sessions.begin(request, proof)
        return
    row.proved_at, row.with_second_step = clock.now(), proof.with_second_step
    row.refresh_token = sessions.sealed_token(proof) or row.refresh_token
    SignIn.objects.filter(pk=row.pk).update(
        proved_at=row.proved_at, with_second_step=row.with_second_step, refresh_token=row.refresh_token
    )
    request.session.cycle_key()
