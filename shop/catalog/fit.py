"""How a product fits, told from what was sent back as too small or too large."""

from dataclasses import dataclass

# Fewer delivered units say nothing to customers.
ENOUGH = 20
# Shares of the delivered units, in percent: from which one is worth a word, and from which another size is advised.
NOTABLE, MUCH = 10, 25


@dataclass(frozen=True)
class Fit:
    """Units of a product that were delivered, and of them those that came back because of their size."""

    delivered: int
    too_small: int
    too_large: int

    @property
    def figures(self) -> str:
        """For staff: '12 of 80 delivered came back as too small, 3 as too large'."""
        if not self.delivered:
            return "Nothing of it was delivered yet."
        return (
            f"{self.too_small} of {self.delivered} delivered came back as too small, {self.too_large} as too large. "
            f"{'The product page says: ' + self.words if self.words else 'The product page says nothing of it.'}"
        )

    @property
    def words(self) -> str:
        """For customers; empty while too few were delivered to tell, or where as many found the opposite."""
        more, less = max(self.too_small, self.too_large), min(self.too_small, self.too_large)
        if self.delivered < ENOUGH:
            return ""
        if 100 * (more + less) < NOTABLE * self.delivered:
            return "Most customers keep the size they usually wear."
        if 100 * more < NOTABLE * self.delivered or more < 2 * less:
            return ""
        felt, other, larger = ("small", "up", "larger") if more == self.too_small else ("large", "down", "smaller")
        advice = f"Consider a size {other}." if 100 * more >= MUCH * self.delivered else ""
        between = advice or f"Between two sizes, choose the {larger}."
        return f"May come out {felt}: {more} of {self.delivered} pieces were sent back as too {felt}. {between}"
