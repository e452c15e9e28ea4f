"""Ledgers are append-only in the database itself, whoever writes: the shop, the admin or somebody with a shell.

What stays possible: forgetting who did it, when that user is deleted, and TRUNCATE, which empties a test database.
"""

from django.db import migrations

LEDGERS = ("shop_stockmovement", "shop_orderstatechange", "shop_orderrequest")

FUNCTION = """
CREATE FUNCTION shop_refuse_rewriting_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) ->> 'actor_id' IS NULL
       AND to_jsonb(NEW) - 'actor_id' = to_jsonb(OLD) - 'actor_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$
"""


def trigger(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION shop_refuse_rewriting_ledger()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION shop_refuse_rewriting_ledger()"),
        *(trigger(table) for table in LEDGERS),
    ]
