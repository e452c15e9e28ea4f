"""Identities in a Cognito user pool, behind the shop's own pages. What the pool has to be like: docs/cognito.md.

People are known to the pool by their subject, which is their user name too, and sign in with their e-mail. Where
Cognito offers a call that the machine's own rights sign (Admin...), it is that one.
"""

import json
import logging
import re
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from shop.adapters.accounts import (
    AccountsError,
    AccountsUnavailable,
    Challenge,
    ChallengeKind,
    CodeRefused,
    Holder,
    PasswordRefused,
    Refused,
    SignedIn,
    SignInLapsed,
    SignUp,
    TooManyTries,
    TotpStart,
    WrongCredentials,
)
from shop.adapters.cognito_client import Json, Refusals, call, secret_hash
from shop.adapters.cognito_refusals import (
    ANSWER_REFUSED,
    CODE_REFUSED,
    GONE,
    LAPSED,
    NOBODY,
    SIGN_IN_REFUSED,
    Nobody,
)
from shop.adapters.cognito_tokens import UNPROVED, YES, identity_of, is_unproved

logger = logging.getLogger(__name__)

LONGEST_PASSWORD = 256
CHALLENGES = {"SOFTWARE_TOKEN_MFA": ChallengeKind.CODE, "NEW_PASSWORD_REQUIRED": ChallengeKind.NEW_PASSWORD}
ANSWERS = {
    ChallengeKind.CODE: ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
    ChallengeKind.NEW_PASSWORD: ("NEW_PASSWORD_REQUIRED", "NEW_PASSWORD"),
}
# Any other state is one in which they could not sign in anew.
GOOD_STANDING = frozenset({"CONFIRMED"})


class CognitoAccounts:
    """The accounts port over Cognito's API. What it mails itself are codes; the rest is for a subclass to tell."""

    codes_are_typed = True
    subjects_are_keys = False
    has_recovery_codes = False

    def sign_up(self, *, email: str, password: str, full_name: str) -> SignUp:
        _refuse_weak(password, email, full_name)
        # Asked for everybody, so that the same calls are made whether there is an account or not.
        known = _user(email)
        if known and known["UserStatus"] == "UNCONFIRMED":
            # Whoever chose its password need not own the address. It must not be there when the owner confirms.
            with suppress(Nobody):
                call("admin_delete_user", GONE, **_pool(known["Username"]))
        outcome = _sign_up(email, password, full_name)
        if outcome is SignUp.EXISTS:
            self.tell_taken(email)
        return outcome

    def tell_taken(self, email: str) -> None:
        """Whose address somebody asked for who has an account already, or another one: they alone may know."""

    def resend_confirmation(self, *, email: str) -> None:
        _send("resend_confirmation_code", email)

    def confirm_sign_up(self, *, email: str, code: str, password: str) -> SignedIn | None:
        if not password or len(password) > LONGEST_PASSWORD:
            raise WrongCredentials("no such password")
        _use_code("confirm_sign_up", code, **_client(email))
        try:
            # Cognito looks at a password only once the e-mail is confirmed. Until it is proved the mark of the sign-up
            # keeps everybody out.
            answer = _ask(email, password)
        except AccountsError:
            _void_password(email)
            raise
        found = _signed_in(answer, email, proved=True)
        return found if isinstance(found, SignedIn) else None

    def sign_in(self, *, email: str, password: str) -> SignedIn | Challenge:
        return _signed_in(_ask(email, password), email)

    def answer(self, *, challenge: Challenge, answer: str) -> SignedIn | Challenge:
        session, user, stepped = _read(challenge)
        name, field = ANSWERS[challenge.kind]
        if challenge.kind is ChallengeKind.CODE:
            answer = _figures(answer)
        else:
            _refuse_weak(answer, challenge.email)
        found = call(
            "admin_respond_to_auth_challenge",
            ANSWER_REFUSED,
            UserPoolId=settings.COGNITO_POOL_ID,
            ClientId=settings.COGNITO_CLIENT_ID,
            ChallengeName=name,
            Session=session,
            ChallengeResponses={"USERNAME": user, field: answer, "SECRET_HASH": secret_hash(user)},
        )
        second_step = stepped or challenge.kind is ChallengeKind.CODE
        chosen = challenge.kind is ChallengeKind.NEW_PASSWORD
        return _signed_in(found, challenge.email, user=user, second_step=second_step, proved=chosen)

    def sign_out(self, *, holder: Holder) -> None:
        if not holder.refresh_token:
            return
        ended = dict.fromkeys(
            ("UnauthorizedException", "UnsupportedTokenTypeException", "InvalidParameterException"), Nobody
        )
        with suppress(Nobody):
            call(
                "revoke_token",
                ended,
                repeat=True,
                Token=holder.refresh_token,
                ClientId=settings.COGNITO_CLIENT_ID,
                ClientSecret=settings.COGNITO_CLIENT_SECRET,
            )

    def sign_out_everywhere(self, *, holder: Holder) -> None:
        with suppress(Nobody):
            call("admin_user_global_sign_out", GONE, repeat=True, **_pool(holder.subject))

    def forgot_password(self, *, email: str) -> None:
        _send("forgot_password", email)

    def reset_password(self, *, email: str, code: str, password: str) -> str:
        _refuse_weak(password, email)
        _use_code("confirm_forgot_password", code, Password=password, **_client(email))
        _prove(email, password)
        try:
            call("admin_user_global_sign_out", repeat=True, **_pool(email))
        except AccountsError as error:
            # The new password is in force, and the shop ends its own sessions: what is left are unused tokens.
            logger.error("The sign-ins before a new password were not ended: %s", error)
        return email

    def subject_of(self, *, email: str) -> str:
        found = _user(email)
        return _attribute(found, "sub") if found else ""

    def change_password(self, *, holder: Holder, old: str, new: str) -> None:
        _refuse_weak(new, holder.email)
        if not old or len(old) > LONGEST_PASSWORD:
            raise WrongCredentials("no such password")
        wrong = LAPSED | {"NotAuthorizedException": WrongCredentials}
        token = _access_token(holder)
        call("change_password", wrong, PreviousPassword=old, ProposedPassword=new, AccessToken=token)

    def change_email(self, *, holder: Holder, email: str) -> None:
        # The pool keeps the old address in force until the new one is confirmed, as its settings ask for.
        taken = LAPSED | {"AliasExistsException": Nobody}
        token = _access_token(holder)
        try:
            call("update_user_attributes", taken, AccessToken=token, UserAttributes=_attributes(email=email))
        except Nobody:
            self.tell_taken(email)

    def confirm_email(self, *, holder: Holder, code: str) -> str:
        code = _figures(code)
        token = _access_token(holder)
        call("verify_user_attribute", CODE_REFUSED, AccessToken=token, AttributeName="email", Code=code)
        return _attribute(_account(holder.subject), "email").lower()

    def delete(self, *, holder: Holder) -> None:
        with suppress(Nobody):
            call("admin_delete_user", GONE, repeat=True, **_pool(holder.subject))

    def start_totp(self, *, holder: Holder) -> TotpStart:
        return TotpStart(call("associate_software_token", LAPSED, AccessToken=_access_token(holder))["SecretCode"])

    def confirm_totp(self, *, holder: Holder, start: TotpStart, code: str) -> list[str]:
        code = _figures(code)
        found = call("verify_software_token", CODE_REFUSED, AccessToken=_access_token(holder), UserCode=code)
        if found.get("Status") != "SUCCESS":
            raise CodeRefused("Cognito did not take the code")
        _prefer_totp(holder, wanted=True)
        return []

    def remove_totp(self, *, holder: Holder) -> None:
        _prefer_totp(holder, wanted=False)

    def has_totp(self, *, holder: Holder) -> bool:
        return "SOFTWARE_TOKEN_MFA" in _account(holder.subject).get("UserMFASettingList", [])

    def groups(self, *, subject: str) -> frozenset[str] | None:
        account = _account(subject)
        if not account["Enabled"] or account["UserStatus"] not in GOOD_STANDING:
            raise SignInLapsed("the account is disabled, or has to get a new password first")
        return frozenset(_group_names(subject))


def _pool(username: str) -> Json:
    """Names somebody in a call that is signed with the machine's rights. Their subject or their e-mail will do."""
    return {"UserPoolId": settings.COGNITO_POOL_ID, "Username": username}


def _client(email: str) -> Json:
    """Names somebody in a call that anybody may make who knows the client's secret."""
    return {"ClientId": settings.COGNITO_CLIENT_ID, "Username": email, "SecretHash": secret_hash(email)}


def _attributes(**values: str) -> list[Json]:
    return [{"Name": name, "Value": value} for name, value in values.items() if value]


def _sign_up(email: str, password: str, full_name: str) -> SignUp:
    refused = {"UsernameExistsException": Nobody, "InvalidParameterException": Refused}
    # Marked together with being made, so that there is no moment in which it could be signed in to.
    attributes = [*_attributes(email=email, name=full_name), _mark(YES)]
    try:
        call("sign_up", refused, Password=password, UserAttributes=attributes, **_client(email))
    except Nobody:
        return SignUp.EXISTS
    except TooManyTries as error:
        # Beyond the quota of mails Cognito makes the account all the same.
        raise AccountsUnavailable(str(error)) from error
    return SignUp.CREATED


def _mark(value: str) -> Json:
    return {"Name": UNPROVED, "Value": value}


def _take_mark_off(access_token: str) -> None:
    """From now on they can sign in: by the shop's rights over one person, who has just proved who they are."""
    call("update_user_attributes", repeat=True, AccessToken=access_token, UserAttributes=[_mark("no")])


def _prove(email: str, password: str) -> None:
    """Take the mark off, if there is one, from somebody who chose that password with a code out of their mailbox."""
    try:
        known = _user(email)
        if known and _attribute(known, UNPROVED) == YES:
            _signed_in(_ask(email, password), email, proved=True)
    except AccountsError as error:
        logger.error("A new password may have to be chosen once more, as nobody gets in by it yet: %s", error)


def _send(operation: str, email: str) -> None:
    """Have Cognito mail a code. Whoever asked can't tell whether it did."""
    try:
        call(operation, NOBODY, **_client(email))
    except Nobody as error:
        logger.info("No code was sent: %s", error)


def _use_code(operation: str, code: str, **given: Any) -> None:
    call(operation, CODE_REFUSED, ConfirmationCode=_figures(code), **given)


def _void_password(email: str) -> None:
    """Let nobody in by a password that may be a stranger's: Cognito asks for a new one, with a code that it mails."""
    for operation in ("admin_reset_user_password", "admin_user_global_sign_out"):
        try:
            call(operation, repeat=True, **_pool(email))
        except AccountsError as error:
            logger.error("A password that was not proved may be in force, or a sign-in by it: %s", error)


def _ask(email: str, password: str) -> Json:
    """What Cognito answers to an e-mail and a password. Raises WrongCredentials."""
    if not password or len(password) > LONGEST_PASSWORD:
        raise WrongCredentials("no such password")
    given = {"USERNAME": email, "PASSWORD": password, "SECRET_HASH": secret_hash(email)}
    try:
        return _authenticate("ADMIN_USER_PASSWORD_AUTH", given, SIGN_IN_REFUSED)
    except PasswordRefused:
        raise WrongCredentials("no such password") from None


def _authenticate(flow: str, given: dict[str, str], refusals: Refusals) -> Json:
    return call(
        "admin_initiate_auth",
        refusals,
        repeat=True,
        UserPoolId=settings.COGNITO_POOL_ID,
        ClientId=settings.COGNITO_CLIENT_ID,
        AuthFlow=flow,
        AuthParameters=given,
    )


def _signed_in(
    found: Json, email: str, *, user: str = "", second_step: bool = False, proved: bool = False
) -> SignedIn | Challenge:
    """What Cognito answered to a password, or to a challenge before it.

    proved: the password is theirs for certain, whoever signed up. Raises WrongCredentials where that is not known.
    """
    result = found.get("AuthenticationResult")
    if result:
        if is_unproved(result["IdToken"]):
            if not proved:
                raise WrongCredentials("whoever confirmed the e-mail did not prove that password to be theirs")
            _take_mark_off(result["AccessToken"])
        return SignedIn(identity_of(result["IdToken"]), result.get("RefreshToken", ""), second_step)
    kind = CHALLENGES.get(found.get("ChallengeName", ""))
    if kind is None:
        raise AccountsUnavailable(f"Cognito asks for {found.get('ChallengeName')}, which the shop has no page for")
    # Answers have to name the user by the name Cognito gave them, not by an e-mail.
    user = found.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP") or user or email
    return Challenge(kind, email, json.dumps({"session": found["Session"], "user": user, "second_step": second_step}))


def _read(challenge: Challenge) -> tuple[str, str, bool]:
    """Cognito's session, the user name it is about, and whether a code was answered already."""
    try:
        state = json.loads(challenge.state)
        return str(state["session"]), str(state["user"]), bool(state["second_step"])
    except (ValueError, KeyError, TypeError):
        raise SignInLapsed("not a challenge of Cognito's") from None


def _access_token(holder: Holder) -> str:
    """A fresh token to act for them with. Raises SignInLapsed where the refresh token is over."""
    if not holder.refresh_token:
        raise SignInLapsed("no refresh token")
    # Here the secret hash has to be of their user name: the e-mail they signed in with is refused.
    given = {"REFRESH_TOKEN": holder.refresh_token, "SECRET_HASH": secret_hash(holder.subject)}
    answer = _authenticate("REFRESH_TOKEN_AUTH", given, LAPSED | {"InvalidParameterException": SignInLapsed})
    return str(answer["AuthenticationResult"]["AccessToken"])


def _user(username: str) -> Json | None:
    """What the pool keeps of somebody; None where there is nobody."""
    refusals = {"UserNotFoundException": Nobody, "InvalidParameterException": Nobody}
    try:
        return call("admin_get_user", refusals, repeat=True, **_pool(username))
    except Nobody:
        return None


def _account(subject: str) -> Json:
    found = _user(subject)
    if found is None:
        raise SignInLapsed("the account is gone")
    return found


def _attribute(account: Json, name: str) -> str:
    return next((str(entry["Value"]) for entry in account["UserAttributes"] if entry["Name"] == name), "")


def _group_names(subject: str) -> list[str]:
    names: list[str] = []
    more: Json = {}
    while True:
        page = call("admin_list_groups_for_user", LAPSED, repeat=True, **_pool(subject), **more)
        names += [group["GroupName"] for group in page["Groups"]]
        if not page.get("NextToken"):
            return names
        more = {"NextToken": page["NextToken"]}


def _prefer_totp(holder: Holder, *, wanted: bool) -> None:
    chosen = {"Enabled": wanted, "PreferredMfa": wanted}
    call("admin_set_user_mfa_preference", LAPSED, SoftwareTokenMfaSettings=chosen, **_pool(holder.subject))


def _figures(code: str) -> str:
    """A code of six figures, however it was typed. Raises CodeRefused for what can't be one."""
    figures = re.sub(r"[\s-]", "", code)
    if not re.fullmatch(r"[0-9]{6}", figures):
        raise CodeRefused("not six figures")
    return figures


def _refuse_weak(password: str, email: str, full_name: str = "") -> None:
    """The shop's own rules, which the pool does not know, and what Cognito could not keep."""
    if len(password) > LONGEST_PASSWORD:
        raise PasswordRefused([f"Use at most {LONGEST_PASSWORD} characters."])
    if password != password.strip():
        raise PasswordRefused(["A password can't begin or end with a space."])
    try:
        validate_password(password, get_user_model()(email=email, full_name=full_name))
    except ValidationError as error:
        raise PasswordRefused(error.messages) from None
