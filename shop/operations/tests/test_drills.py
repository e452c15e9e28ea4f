"""Restore drills: a real dump, restored beside the shop, compared with it, and dropped whatever happens."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.db.utils import InternalError

from shop.adapters import dumps
from shop.adapters.copies import PREFIX, CopyError, Source
from shop.adapters.dumps import Dumps
from shop.alerts.models import Alert
from shop.checkout import drilling
from shop.checkout.sentinel.backups import drills_overdue
from shop.core import clock
from shop.mail.models import OutgoingMail
from shop.operations import drills
from shop.operations.drills import asking, drill_due, step
from shop.operations.models import RestoreDrill, last_good_drill
from shop.orders.models import Order
from shop.tests.builders import make_order, make_variant
from shop.warehouse.models import StockLevel

Outcome = RestoreDrill.Outcome
really = pytest.mark.django_db(transaction=True)


def nothing() -> list[tuple[str, str]]:
    return []


class Slow:
    """Copies that are begun, and can be asked only later, or never; `there` outlives the instance, as AWS does."""

    there: list[str] = []
    at_once = False

    def begin(self, name: str) -> Source:
        self.there.append(name)
        return Source("shop-cluster", clock.now())

    def ready(self, name: str) -> dict[str, Any] | None:
        return {} if self.at_once else None

    def drop(self, name: str) -> bool:
        if name in self.there:
            self.there.remove(name)
        return True

    def left(self) -> list[str]:
        return list(self.there)


@pytest.fixture
def slow(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Slow]:
    settings.DATABASE_COPIES = f"{__name__}.Slow"
    monkeypatch.setattr(Slow, "there", [])
    monkeypatch.setattr(Slow, "at_once", False)
    return Slow


@really
def test_the_newest_dump_is_restored_found_whole_and_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    make_order(make_variant(stock=3))
    call_command("restore_drill")
    drill = RestoreDrill.objects.get()
    assert (drill.outcome, drill.sentinel) == (Outcome.GOOD, "All well")
    assert drill.source.endswith(".dump")
    assert drill.rows > 10
    assert drill.words == f"{drill.rows} rows, the same orders, documents and stock"
    assert "Restored whole in 0." in capsys.readouterr().out
    assert Dumps().left() == []
    assert last_good_drill() == drill.ended_at


@really
def test_what_the_copy_lacks_has_too_much_or_says_otherwise_fails_the_drill_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, begin = make_order(make_variant(stock=3)), Dumps.begin

    def damaged(self: Dumps, name: str) -> Source:
        source = begin(self, name)
        Order.objects.filter(pk=order.pk).update(delivery_total=900, grand_total=order.grand_total + 505)
        make_order(make_variant(stock=2), placement_key="later")
        Order.objects.filter(placement_key="later").update(created_at=clock.now() - timedelta(days=1))
        return source

    monkeypatch.setattr(Dumps, "begin", damaged)
    with pytest.raises(CommandError, match="1 orders where the shop has 2"):
        call_command("restore_drill")
    assert RestoreDrill.objects.get().outcome == Outcome.FAILED
    assert Dumps().left() == []
    Order.objects.filter(placement_key="later").update(created_at=clock.now())
    assert "orders add up to" in drills.differs("Order", {"rows": 1, "last": order.pk, "total": 1}, clock.now())


@really
def test_the_sentinel_asks_the_copy_tells_nobody_and_knows_what_the_shop_was_told() -> None:
    variant = make_variant(stock=3)
    StockLevel.objects.update(on_hand=11)
    drill = step(drilling.findings)
    assert drill is not None
    assert (drill.outcome, drill.words) == (Outcome.FAILED, drill.sentinel)
    assert variant.sku in drill.sentinel
    assert (Alert.objects.count(), OutgoingMail.objects.count()) == (0, 0)
    key = drilling.findings()[0][0]
    Alert.objects.create(key=key, title="known", advice="count")
    known = step(drilling.findings)
    assert known is not None
    assert (known.outcome, known.sentinel) == (Outcome.GOOD, drill.sentinel)


@really
def test_the_copy_can_only_be_read_and_afterwards_the_shop_is_asked_again() -> None:
    with pytest.raises(InternalError), asking({"NAME": connection.settings_dict["NAME"]}):
        RestoreDrill.objects.create(scratch="x")
    RestoreDrill.objects.create(scratch="y")
    assert RestoreDrill.objects.get().scratch == "y"


@really
def test_a_drill_that_was_killed_leaves_a_database_that_the_next_one_drops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ready = Dumps.ready
    monkeypatch.setattr(Dumps, "ready", lambda self, name: exit_at_once())
    monkeypatch.setattr(drills, "end", lambda *arguments: None)
    with pytest.raises(KeyboardInterrupt):
        step(nothing)
    monkeypatch.undo()
    (orphan,) = Dumps().left()
    RestoreDrill.objects.update(began_at=clock.now() - timedelta(hours=7))
    monkeypatch.setattr(Dumps, "ready", ready)
    drill = step(nothing)
    assert drill is not None
    assert drill.outcome == Outcome.GOOD
    assert drill.scratch != orphan
    assert Dumps().left() == []
    assert RestoreDrill.objects.get(scratch=orphan).words.startswith("cut off")


def exit_at_once() -> None:
    raise KeyboardInterrupt


@really
def test_ctrl_c_drops_the_copy_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dumps, "ready", lambda self, name: exit_at_once())
    with pytest.raises(CommandError, match=r"Interrupted\. The copy was dropped\."):
        call_command("restore_drill")
    assert (RestoreDrill.objects.get().outcome, Dumps().left()) == (Outcome.FAILED, [])


@really
def test_only_the_newest_dumps_stay_and_no_unfinished_one(
    settings: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings.DUMPS_DIR = folder = tmp_path
    for year in (2020, 2021, 2022):
        (folder / f"{datetime(year, 1, 1, tzinfo=UTC).strftime(dumps.MOMENT)}.dump").touch()
    monkeypatch.setattr(dumps, "_run", lambda *arguments: Path(folder / arguments[-2]).touch())
    dumps._dump(datetime(2023, 1, 1, tzinfo=UTC).strftime(dumps.MOMENT))
    kept = [path.name[:4] for path in sorted(folder.glob("2*.dump"))]
    assert (kept, folder.stat().st_mode & 0o777) == (["2021", "2022", "2023"], 0o700)
    monkeypatch.undo()
    settings.DUMPS_DIR = folder
    connection.ensure_connection()
    with pytest.raises(CopyError, match=r"pg_dump failed: pg_dump: error: .*\"no such\" does not exist"):
        monkeypatch.setitem(connection.settings_dict, "NAME", "no such")
        dumps._dump("20240101T000000000000")
    assert list(folder.glob("*.unfinished")) == []


@really
def test_half_a_dump_of_a_drill_that_was_killed_goes_and_files_of_others_stay(settings: Any, tmp_path: Path) -> None:
    settings.DUMPS_DIR = tmp_path
    (tmp_path / "20230101T000000000000.unfinished").write_bytes(b"PGDMP customers")
    for name in ("before-the-move.dump", "zzz.dump", "notes.unfinished"):
        (tmp_path / name).write_bytes(b"somebody's")
    former = [f"202301{day:02}T000000000000.dump" for day in range(1, dumps.KEPT + 1)]
    for name in former:
        (tmp_path / name).write_bytes(b"older")
    drill = step(nothing)
    assert drill is not None
    assert drill.outcome == Outcome.GOOD
    assert drill.as_of
    left = {path.name for path in tmp_path.iterdir()}
    newest = f"{drill.as_of:%Y%m%dT%H%M%S%f}.dump"
    assert left == {"before-the-move.dump", "zzz.dump", "notes.unfinished", newest, *former[1:]}


@really
def test_without_a_pg_dump_that_is_new_enough_the_drill_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dumps, "_version", lambda folder: 15)
    with pytest.raises(CommandError, match=r"No pg_dump of PostgreSQL \d+ or newer is here\. Install"):
        call_command("restore_drill")


def test_nothing_but_a_scratch_database_is_ever_dropped() -> None:
    with pytest.raises(ValueError, match="shop is no scratch database"):
        Dumps().drop("shop")


@pytest.mark.django_db
def test_a_copy_that_takes_its_time_is_asked_by_a_later_step(slow: type[Slow]) -> None:
    first = step(nothing)
    assert first is not None
    assert (first.outcome, slow.there) == (Outcome.RUNNING, [first.scratch])
    slow.there.append(f"{PREFIX}forgotten")
    slow.at_once = True
    second = step(nothing)
    assert second == first
    assert slow.there == []
    assert RestoreDrill.objects.get().outcome == Outcome.GOOD


@pytest.mark.django_db
def test_a_copy_that_never_comes_ends_the_drill_and_another_begins(slow: type[Slow]) -> None:
    first = step(nothing)
    assert first is not None
    RestoreDrill.objects.update(began_at=clock.now() - drills.LONGEST - timedelta(minutes=1))
    second = step(nothing)
    assert second is not None
    assert (second.pk != first.pk, slow.there) == (True, [second.scratch])


@pytest.mark.django_db
def test_the_schedule_drills_once_a_month_and_clears_up_in_between(slow: type[Slow]) -> None:
    good = RestoreDrill.objects.create(scratch="x", outcome=Outcome.GOOD, ended_at=clock.now() - timedelta(days=29))
    slow.there.append(f"{PREFIX}forgotten")
    assert drill_due(nothing) is None
    assert slow.there == []
    RestoreDrill.objects.update(ended_at=clock.now() - timedelta(days=31))
    begun = drill_due(nothing)
    assert begun is not None
    assert begun != good
    assert drill_due(nothing) == begun


@pytest.mark.django_db
def test_drills_by_the_clock_only_where_they_are_wanted(slow: type[Slow], settings: Any) -> None:
    RestoreDrill.objects.create(scratch="x", outcome=Outcome.GOOD, ended_at=clock.now() - timedelta(days=31))
    drilling.drill_by_clock()
    assert slow.there == []
    settings.RESTORE_DRILLS = True
    drilling.drill_by_clock()
    assert len(slow.there) == 1


@pytest.mark.django_db
def test_a_copy_that_cannot_be_dropped_now_is_told_and_dropped_next_time(
    slow: type[Slow], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    slow.at_once = True

    def refuse(self: Slow, name: str) -> bool:
        raise IntegrityError("not now")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR):
        patch.setattr(Slow, "drop", refuse)
        drill = step(nothing)
    assert drill is not None
    assert (drill.outcome, slow.there) == (Outcome.GOOD, [drill.scratch])
    assert f"{drill.scratch} could not be dropped" in caplog.text
    RestoreDrill.objects.update(ended_at=clock.now())
    drill_due(nothing)
    assert slow.there == []


@pytest.mark.django_db
def test_the_clock_stands_at_the_moment_of_the_copy_while_it_is_asked(slow: type[Slow]) -> None:
    seen: list[datetime] = []
    slow.at_once = True
    drill = step(lambda: seen.append(clock.now()) or [])  # type: ignore[func-returns-value]
    assert drill is not None
    assert seen == [drill.as_of]
    assert clock.now() > seen[0]


@pytest.mark.django_db
def test_the_sentinel_tells_of_drills_that_are_35_days_late() -> None:
    assert list(drills_overdue()) == []
    row = RestoreDrill.objects.create(scratch="x", outcome=Outcome.GOOD, ended_at=clock.now() - timedelta(days=34))
    RestoreDrill.objects.create(scratch="x", outcome=Outcome.FAILED, ended_at=clock.now())
    assert list(drills_overdue()) == []
    RestoreDrill.objects.filter(pk=row.pk).update(ended_at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    (finding,) = drills_overdue()
    assert finding.title == "No backup was restored since 1 March 2026"
