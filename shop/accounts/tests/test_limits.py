"""Counting tries: how many are free, how long the wait is, and that parallel tries are counted one by one."""

from datetime import UTC, datetime, timedelta

import pytest

from shop.accounts import limits
from shop.accounts.limits import Rule, clear, hit, take, waits_of
from shop.accounts.security_models import RateLimit
from shop.adapters.accounts import TooManyTries
from shop.tests.parallel import in_parallel

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The one time there is: put another in to let time pass."""
    times = [NOON]
    monkeypatch.setattr("shop.core.clock.now", lambda: times[0])
    return times


def seconds_to_wait(*rules: Rule) -> int:
    """0: the try was let through."""
    try:
        take(*rules)
    except TooManyTries as refusal:
        return refusal.seconds
    return 0


@pytest.mark.django_db
def test_so_many_tries_are_free_and_the_next_waits_for_the_end_of_the_window(clock: list[datetime]) -> None:
    for _ in range(3):
        hit("forgot:ada@example.com", limit=3, window=10 * MINUTE)
    clock[0] += 4 * MINUTE
    with pytest.raises(TooManyTries) as refusal:
        hit("forgot:ada@example.com", limit=3, window=10 * MINUTE)
    assert refusal.value.seconds == 6 * 60


@pytest.mark.django_db
def test_a_window_begins_with_its_first_try_and_a_refused_try_does_not_prolong_it(clock: list[datetime]) -> None:
    rule = Rule("forgot:ada@example.com", 1, 10 * MINUTE)
    assert seconds_to_wait(rule) == 0
    clock[0] += 9 * MINUTE
    assert seconds_to_wait(rule) == 60
    clock[0] += MINUTE
    assert seconds_to_wait(rule) == 0
    assert RateLimit.objects.get().hits == 1


@pytest.mark.django_db
def test_keys_do_not_count_for_one_another() -> None:
    hit("forgot:ada@example.com", limit=1, window=MINUTE)
    hit("forgot:bob@example.com", limit=1, window=MINUTE)
    hit("resend:ada@example.com", limit=1, window=MINUTE)
    assert [row.hits for row in RateLimit.objects.all()] == [1, 1, 1]


@pytest.mark.django_db
def test_waits_double_up_to_the_longest(clock: list[datetime]) -> None:
    rule = Rule("sign-in:ada@example.com", 3, 1440 * MINUTE, wait=MINUTE, longest=5 * MINUTE, slides=True)
    waits = []
    for _ in range(7):
        assert seconds_to_wait(rule) == 0
        waits.append(seconds_to_wait(rule))
        clock[0] += timedelta(seconds=waits[-1])
    assert waits[0] == 0  # the second of three free tries was taken by asking
    assert waits[1:] == [60, 120, 240, 300, 300, 300]


@pytest.mark.django_db
def test_growing_waits_are_forgotten_after_a_whole_window_without_a_try(clock: list[datetime]) -> None:
    rule = Rule("sign-in:ada@example.com", 2, 60 * MINUTE, wait=MINUTE, longest=5 * MINUTE, slides=True)
    assert [seconds_to_wait(rule) for _ in range(3)] == [0, 0, 60]
    clock[0] += 60 * MINUTE
    assert [seconds_to_wait(rule) for _ in range(3)] == [0, 0, 60]


@pytest.mark.django_db
def test_the_strictest_of_several_rules_tells_and_each_counts() -> None:
    lax, strict = Rule("a:x", 2, 10 * MINUTE), Rule("b:x", 1, MINUTE)
    assert seconds_to_wait(lax, strict) == 0
    assert seconds_to_wait(lax, strict) > 0
    assert {row.key[0]: (row.hits, row.refused) for row in RateLimit.objects.all()} == {"a": (2, False), "b": (1, True)}


@pytest.mark.django_db
def test_the_last_rule_counts_only_what_the_others_let_through() -> None:
    here, account = Rule("here:x", 1, MINUTE), Rule("account:x", 2, 10 * MINUTE)
    assert waits_of(here, last=account) == {}
    assert list(waits_of(here, last=account)) == ["here:x"]
    assert {row.key[:4]: row.hits for row in RateLimit.objects.all()} == {"here": 1, "acco": 1}
    assert waits_of(Rule("elsewhere:x", 1, MINUTE), last=account) == {}
    assert list(waits_of(Rule("third:x", 1, MINUTE), last=account)) == ["account:x"]


@pytest.mark.django_db
def test_clearing_forgets_that_key_alone() -> None:
    hit("sign-in:ada@example.com", limit=1, window=MINUTE)
    hit("sign-in:bob@example.com", limit=1, window=MINUTE)
    clear("sign-in:ada@example.com")
    hit("sign-in:ada@example.com", limit=1, window=MINUTE)
    with pytest.raises(TooManyTries):
        hit("sign-in:bob@example.com", limit=1, window=MINUTE)


@pytest.mark.django_db
def test_giving_back_takes_the_last_try_alone_from_what_is_shared() -> None:
    own, shared = Rule("sign-in:ada@example.com", 5, MINUTE), Rule("network:10.0.0.0/24", 3, MINUTE)
    for _ in range(2):
        take(own, shared)
    clear(own.key, give_back=[shared.key])
    assert {row.key[:3]: row.hits for row in RateLimit.objects.all()} == {"sig": 0, "net": 1}
    take(own, shared)
    take(own, shared)
    with pytest.raises(TooManyTries):
        take(own, shared)


@pytest.mark.django_db
def test_a_key_of_any_length_and_letters_is_kept_without_the_address_in_it() -> None:
    hit("sign-in:" + "ä\0@" * 5000, limit=1, window=MINUTE)
    hit("sign-in:ada@example.com", limit=1, window=MINUTE)
    assert all(row.key.startswith("sign-in:") and "ada" not in row.key for row in RateLimit.objects.all())


@pytest.mark.django_db
def test_what_has_run_out_is_deleted(clock: list[datetime]) -> None:
    hit("a:x", limit=1, window=MINUTE)
    hit("b:x", limit=1, window=5 * MINUTE)
    clock[0] += 2 * MINUTE
    assert limits.forget_old_limits() == 1
    assert RateLimit.objects.get().key.startswith("b:")


@pytest.mark.django_db(transaction=True)
def test_of_twenty_parallel_tries_exactly_as_many_pass_as_are_free() -> None:
    rules = [Rule("a:x", 5, 10 * MINUTE), Rule("b:x", 7, 10 * MINUTE)]
    errors = in_parallel(lambda: take(*rules), 20)
    assert [type(error) for error in errors] == [TooManyTries] * 15
    assert {row.key[0]: row.hits for row in RateLimit.objects.all()} == {"a": 5, "b": 7}
