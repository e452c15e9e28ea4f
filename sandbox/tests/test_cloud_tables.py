"""Tables of the pretended AWS: what one call does is not undone by another that is refused."""

from contextlib import suppress
from itertools import count

from shop.adapters import dynamodb
from shop.adapters.dynamodb import Add, Conflict, Put
from shop.adapters.tests.dynamo_builders import make_table
from shop.tests.parallel import in_parallel

CALLS = 40


def test_a_refused_transaction_undoes_nothing_of_the_writes_beside_it(cloud: str) -> None:
    table, turns = make_table("key"), count()
    dynamodb.write(Put(table, {"key": "sum", "units": 0}))
    dynamodb.write(Put(table, {"key": "there", "much": list(range(2000))}))

    def add_or_be_refused() -> None:
        for _ in range(CALLS // 4):
            if next(turns) % 2:
                dynamodb.write(Add(table, {"key": "sum"}, "units", 1))
                added.append(1)
            else:
                with suppress(Conflict):
                    dynamodb.transact([Put(table, {"key": "there"}, absent="key"), Put(table, {"key": "other"})])

    added: list[int] = []
    assert in_parallel(add_or_be_refused, 4) == []
    assert dynamodb.get(table, {"key": "sum"}) == {"key": "sum", "units": len(added)}
    assert dynamodb.get(table, {"key": "other"}) is None
