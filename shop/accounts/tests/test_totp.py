"""Codes of an app (RFC 6238) and codes on paper."""

from datetime import UTC, datetime, timedelta

import pyotp
import pytest

from shop.accounts import totp
from shop.accounts.models import User
from shop.accounts.security_models import RecoveryCode, TotpDevice
from shop.core import clock
from shop.tests.builders import make_user
from shop.tests.parallel import in_parallel

pytestmark = pytest.mark.django_db
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
NOON = datetime(2026, 5, 4, 12, 0, 10, tzinfo=UTC)


def at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def code(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


def on(monkeypatch: pytest.MonkeyPatch, moment: datetime = NOON) -> tuple[User, list[str]]:
    """A user whose app was set up two minutes before that moment; their recovery codes."""
    user = make_user()
    at(moment - timedelta(minutes=2), monkeypatch)
    codes = totp.turn_on(user, SECRET, code(moment - timedelta(minutes=2)))
    assert codes is not None
    at(moment, monkeypatch)
    return user, codes


@pytest.mark.parametrize(("second", "expected"), [(59, "287082"), (1111111109, "081804"), (2000000000, "279037")])
def test_the_codes_are_those_of_the_rfc(second: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last six figures of RFC 6238, appendix B, SHA-1."""
    at(datetime.fromtimestamp(second, UTC), monkeypatch)
    assert totp.step_of(SECRET, expected) == second // 30


@pytest.mark.parametrize(("seconds", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off(seconds: int, taken: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    user, _ = on(monkeypatch)
    assert totp.accept(user, code(NOON + timedelta(seconds=seconds))) is taken


def test_no_code_is_good_twice_nor_an_older_one_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    user, _ = on(monkeypatch)
    assert totp.accept(user, code(NOON))
    assert not totp.accept(user, code(NOON))
    assert not totp.accept(user, code(NOON - timedelta(seconds=30)))
    assert totp.accept(user, code(NOON + timedelta(seconds=30)))


def test_the_code_that_set_the_app_up_signs_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user()
    at(NOON, monkeypatch)
    assert totp.turn_on(user, SECRET, code(NOON))
    assert not totp.accept(user, code(NOON))


def test_a_wrong_code_sets_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    user = make_user()
    at(NOON, monkeypatch)
    assert totp.turn_on(user, SECRET, code(NOON + timedelta(minutes=5))) is None
    assert not totp.is_on(user) and RecoveryCode.objects.count() == 0


def test_a_code_may_be_typed_with_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    user, _ = on(monkeypatch)
    typed = code(NOON)
    assert totp.accept(user, f" {typed[:3]} {typed[3:]} ")


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "0" * 5000])
def test_nonsense_is_no_code(typed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user, _ = on(monkeypatch)
    assert not totp.accept(user, typed)


def test_the_secret_is_not_readable_in_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    on(monkeypatch)
    assert SECRET not in TotpDevice.objects.get().secret


def test_there_are_ten_recovery_codes_each_good_once_and_kept_as_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    user, codes = on(monkeypatch)
    assert len(set(codes)) == 10 and all(len(code) == 11 and code[5] == "-" for code in codes)
    kept = "".join(RecoveryCode.objects.values_list("code_hash", flat=True))
    assert not any(code.replace("-", "") in kept for code in codes)
    assert totp.accept(user, codes[0].lower().replace("-", " "))
    assert not totp.accept(user, codes[0])
    assert totp.accept(user, codes[1])


def test_a_recovery_code_is_good_for_its_own_account_only(monkeypatch: pytest.MonkeyPatch) -> None:
    _, codes = on(monkeypatch)
    other = make_user("bob@example.org")
    assert totp.turn_on(other, SECRET, code(NOON))
    assert not totp.accept(other, codes[0])


def test_recovery_codes_outlive_a_change_of_the_secret_key(
    monkeypatch: pytest.MonkeyPatch, settings: pytest.FixtureRequest
) -> None:
    user, codes = on(monkeypatch)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]  # type: ignore[attr-defined]
    settings.SECRET_KEY = "the-next-key"  # type: ignore[attr-defined]
    assert totp.accept(user, codes[0]) and totp.accept(user, code(NOON))


def test_setting_up_again_voids_the_former_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    user, former = on(monkeypatch)
    codes = totp.turn_on(user, SECRET, code(NOON))
    assert codes and not totp.accept(user, former[0]) and totp.accept(user, codes[0])


def test_turning_it_off_forgets_app_and_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    user, codes = on(monkeypatch)
    totp.turn_off(user)
    assert not totp.is_on(user) and not totp.accept(user, codes[0]) and RecoveryCode.objects.count() == 0


def test_the_picture_carries_the_secret_and_no_inline_style() -> None:
    picture = totp.picture(SECRET, "alice@example.org")
    assert picture.startswith("<svg") and 'class="qr"' in picture and "style" not in picture
    assert totp.uri(SECRET, "alice@example.org") == (
        f"otpauth://totp/AspireClothes:alice%40example.org?secret={SECRET}&issuer=AspireClothes"
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["app", "paper"])
def test_of_eight_at_once_with_the_same_code_one_gets_in(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    user, codes = on(monkeypatch)
    typed, taken = code(NOON) if kind == "app" else codes[0], []
    assert in_parallel(lambda: taken.append(totp.accept(user, typed)), 8) == []
    assert sorted(taken) == [False] * 7 + [True]
