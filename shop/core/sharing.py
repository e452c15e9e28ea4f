"""Sharing an amount out over several, so that not a penny appears or disappears."""

from collections.abc import Sequence


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount (0 or more) shared out by weight, by largest remainder: the parts sum exactly to it.

    Equal remainders: the earlier place first. Where no weight is above 0, all weigh the same. No part is above its
    weight unless the amount is above their sum.
    """
    weights = weights if sum(weights) > 0 else [1] * len(weights)
    whole = sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda place: -(amount * weights[place] % whole))
    for place in by_remainder[: amount - sum(parts)]:
        parts[place] += 1
    return parts
