"""Races for tests: real threads on real connections."""

import threading
from collections.abc import Callable

from django.db import connection

# Seconds for all threads of a race to be there.
PATIENCE = 60


def in_parallel(run: Callable[[], object], threads: int) -> list[Exception]:
    """Run it in that many threads, each with a connection of its own; the errors they ended with.

    One that never gets there leaves the others with an error instead of waiting for ever.
    """
    errors: list[Exception] = []
    start = threading.Barrier(threads, timeout=PATIENCE)

    def work() -> None:
        try:
            start.wait()
            run()
        except Exception as error:  # noqa: BLE001 - carried to the test's own thread
            errors.append(error)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return errors
