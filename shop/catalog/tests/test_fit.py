"""What is said of how a product fits."""

import pytest

from shop.catalog.fit import Fit


@pytest.mark.parametrize(
    ("fit", "words"),
    [
        (Fit(19, 19, 0), ""),
        (Fit(20, 1, 0), "Most customers keep the size they usually wear."),
        (Fit(20, 1, 1), ""),
        (Fit(80, 12, 7), ""),
        (
            Fit(80, 12, 6),
            "May come out small: 12 of 80 pieces were sent back as too small. Between two sizes, choose the larger.",
        ),
        (Fit(40, 2, 10), "May come out large: 10 of 40 pieces were sent back as too large. Consider a size down."),
    ],
)
def test_customers_are_told_only_what_the_numbers_bear(fit: Fit, words: str) -> None:
    assert fit.words == words


def test_staff_read_the_figures_and_what_customers_are_told() -> None:
    assert Fit(0, 0, 0).figures == "Nothing of it was delivered yet."
    assert Fit(8, 3, 1).figures == (
        "3 of 8 delivered came back as too small, 1 as too large. The product page says nothing of it."
    )
    assert Fit(30, 1, 0).figures.endswith("The product page says: Most customers keep the size they usually wear.")
