"""Tables emptied after a test that committed: what it wrote is deleted, what every migrated database holds stays.

Django would truncate every table, then make permissions, roles and tax rates anew, after each of these tests.
"""

from typing import Any

from django.db import connection
from django.test import TransactionTestCase

# Without replica's role the order of foreign keys would matter, and the ledgers' triggers refuse to forget anything.
# A table that grew large is truncated: its deleted rows would be read over by every test to come.
EMPTY = """
DO $$
DECLARE name regclass;
BEGIN
  SET LOCAL session_replication_role = replica;
  FOR name IN
    SELECT oid::regclass FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
      AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission', 'auth_group',
                          'auth_group_permissions', 'shop_taxrate')
  LOOP
    IF pg_relation_size(name) > 262144 THEN
      EXECUTE format('TRUNCATE %s CASCADE', name);
    ELSE
      EXECUTE format('DELETE FROM %s', name);
    END IF;
  END LOOP;
END $$
"""

# A number for all that stays, whatever the order of its rows.
STAYS = """
SELECT sum(hashtextextended(row::text, 0)) FROM (
  SELECT row(t) FROM auth_permission t UNION ALL
  SELECT row(t) FROM auth_group t UNION ALL
  SELECT row(t) FROM auth_group_permissions t UNION ALL
  SELECT row(t) FROM django_content_type t UNION ALL
  SELECT row(t) FROM shop_taxrate t
) AS rows
"""


class Emptying:
    """Takes the place of TransactionTestCase._fixture_teardown, which it calls where a test changed what stays."""

    def __init__(self, flush: Any) -> None:
        self.flush = flush
        self.stays = what_stays()

    def __call__(self, case: TransactionTestCase) -> None:
        with connection.cursor() as cursor:
            cursor.execute(EMPTY)
        if what_stays() != self.stays:
            self.flush(case)
            self.stays = what_stays()


def what_stays() -> Any:
    """The number that STAYS computes."""
    with connection.cursor() as cursor:
        cursor.execute(STAYS)
        return cursor.fetchone()
