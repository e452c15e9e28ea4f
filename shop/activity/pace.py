"""How many beacons one process takes in a minute: in its memory, so that no address is written down anywhere."""

from collections import Counter
from threading import Lock

from shop.core import clock

# From one address, which a household or an office shares; and from all together.
MOST_EACH, MOST = 120, 6000


class Pace:
    """Counts by address within the running minute, and forgets all of it with the next."""

    def __init__(self) -> None:
        self.minute = 0
        self.all = 0
        self.seen: Counter[str] = Counter()
        self.lock = Lock()

    def lets(self, address: str) -> bool:
        """Count one; whether it may pass."""
        minute = int(clock.now().timestamp() // 60)
        with self.lock:
            if minute != self.minute:
                self.minute, self.all, self.seen = minute, 0, Counter()
            self.all += 1
            self.seen[address] += 1
            return self.seen[address] <= MOST_EACH and self.all <= MOST


PACE = Pace()
