"""Any sequence of what happens to stock, by several processes at once, leaves every unit accounted for."""

from pathlib import Path

import pytest

from torture.stock.drive import run
from torture.stock.hands import Diary
from torture.stock.stage import lean, stage


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seed", "deadly"), [(1, False), (2, True)])
def test_whatever_four_processes_do_every_unit_is_accounted_for(seed: int, deadly: bool, tmp_path: Path) -> None:
    diary = Diary(tmp_path / "diary")
    with lean():
        stage()
        assert run(seed, 100, diary, deadly=deadly) == []
    assert len(diary.read("done")) > 20
    assert (diary.deaths > 0) is deadly
