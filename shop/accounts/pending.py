"""What a browser has begun but not ended: a sign-up to confirm, a code out of a link, a question after the password."""

from dataclasses import asdict, dataclass
from typing import Any

from django.http import HttpRequest

from shop.adapters.accounts import Challenge, ChallengeKind
from shop.core import clock
from shop.core.sealed import seal, unseal

SIGN_UP, CHALLENGE = "pending_sign_up", "pending_challenge"
LASTS = {SIGN_UP: 3 * 86_400, CHALLENGE: 900}


@dataclass(frozen=True, slots=True)
class PendingSignUp:
    """Whoever confirms that e-mail in this browser is signed in; news: they want to be written to."""

    email: str
    news: bool = False
    after: str = ""


@dataclass(frozen=True, slots=True)
class PendingChallenge:
    """A right password, with a question still to answer; stay, after: as the sign-in page was told."""

    challenge: Challenge
    stay: bool = False
    after: str = ""


def remember_sign_up(request: HttpRequest, pending: PendingSignUp) -> None:
    _keep(request, SIGN_UP, asdict(pending))


def sign_up(request: HttpRequest) -> PendingSignUp | None:
    kept = _kept(request, SIGN_UP)
    return PendingSignUp(**kept) if kept else None


def remember_challenge(request: HttpRequest, pending: PendingChallenge) -> None:
    """The provider's state is sealed: the session's table must not be enough to sign in."""
    asked = pending.challenge
    sealed = {"kind": asked.kind.value, "email": asked.email, "state": seal(asked.state)}
    _keep(request, CHALLENGE, {**sealed, "stay": pending.stay, "after": pending.after})


def challenge(request: HttpRequest) -> PendingChallenge | None:
    kept = _kept(request, CHALLENGE)
    if not kept:
        return None
    try:
        asked = Challenge(ChallengeKind(kept["kind"]), kept["email"], unseal(kept["state"]))
    except ValueError:
        return None
    return PendingChallenge(asked, kept["stay"], kept["after"])


def forget(request: HttpRequest, *names: str) -> None:
    for name in names:
        request.session.pop(name, None)


def stash_code(request: HttpRequest, name: str) -> bool:
    """Move the code of a mailed link from the address into the session; whether there was one.

    The address then is without it: in the history, and for whatever the page leads to.
    """
    code = request.GET.get("code", "")
    if not code:
        return False
    request.session[name] = code[:1000]
    return True


def _keep(request: HttpRequest, name: str, what: dict[str, object]) -> None:
    request.session[name] = {**what, "until": clock.now().timestamp() + LASTS[name]}


def _kept(request: HttpRequest, name: str) -> dict[str, Any] | None:
    kept = dict(request.session.get(name) or {})
    if not kept or kept.pop("until") < clock.now().timestamp():
        return None
    return kept
