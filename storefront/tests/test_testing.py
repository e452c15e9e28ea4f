"""Which worker runs what."""

from django.conf import settings

from storefront.testing import TOGETHER, Groups


def test_what_shares_a_package_or_a_demo_is_one_piece_of_work_and_all_else_a_piece_each() -> None:
    scope = Groups._split_scope
    package = ("deploy/tests/test_package.py::test_it_answers", "deploy/tests/test_whole_shop.py::test_x[a]")
    others = ("shop/demo/tests/test_build.py::test_x", "deploy/tests/test_release.py::test_x[a@b]")
    nobody = Groups.__new__(Groups)
    assert [scope(nobody, each) for each in package] == ["package", "package"]
    assert scope(nobody, "shop/demo/tests/whole/test_orders.py::test_every_state_occurs") == "demo"
    assert [scope(nobody, each) for each in others] == [*others]


def test_what_is_grouped_is_there() -> None:
    assert all((settings.BASE_DIR / begin).exists() for begins in TOGETHER.values() for begin in begins)
