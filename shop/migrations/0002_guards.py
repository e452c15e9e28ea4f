"""What the database itself sees to, whoever writes: the shop, the admin or somebody with a shell.

Ledgers are append-only. What stays possible: forgetting who did it, when that user is deleted, and TRUNCATE, which
empties a test database. And every price a variant ever had is recorded, with the lowest one before a reduction.
"""

from django.db import migrations

LEDGERS = (
    "shop_stockmovement", "shop_orderstatechange", "shop_orderrequest", "shop_pricerecord", "shop_document",
    "shop_trackingevent", "shop_returnstep", "shop_purchaseordernote",
)  # fmt: skip

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

RECORD_PRICE = """
CREATE FUNCTION shop_record_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' OR (NEW.price, NEW.currency) IS DISTINCT FROM (OLD.price, OLD.currency) THEN
        INSERT INTO shop_pricerecord (variant_id, price, currency, at)
        VALUES (NEW.id, NEW.price, NEW.currency, clock_timestamp());
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER shop_productvariant_record_price AFTER INSERT OR UPDATE OF price, currency ON shop_productvariant
FOR EACH ROW EXECUTE FUNCTION shop_record_price()
"""
FORGET_PRICE = """
DROP TRIGGER shop_productvariant_record_price ON shop_productvariant;
DROP FUNCTION shop_record_price()
"""

# The price before the 30 days counts as well: it held until the first change within them. A reduction that grows keeps
# the figure it began with (Directive 98/6/EC, article 6a, paragraph 5).
KEEP_LOWEST = """
CREATE FUNCTION shop_keep_lowest_price() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz := clock_timestamp() - interval '30 days';
BEGIN
    IF NEW.compare_at_price IS NULL THEN
        NEW.lowest_before := NULL;
    ELSIF TG_OP = 'UPDATE' AND OLD.compare_at_price IS NOT NULL THEN
        NEW.lowest_before := OLD.lowest_before;
    ELSE
        NEW.lowest_before := (
            SELECT min(price) FROM shop_pricerecord
            WHERE variant_id = NEW.id AND currency = NEW.currency AND at >= coalesce(
                (SELECT max(at) FROM shop_pricerecord WHERE variant_id = NEW.id AND at < since), since
            )
        );
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER shop_productvariant_keep_lowest_price
BEFORE INSERT OR UPDATE OF compare_at_price, lowest_before ON shop_productvariant
FOR EACH ROW EXECUTE FUNCTION shop_keep_lowest_price()
"""
DROP_LOWEST = """
DROP TRIGGER shop_productvariant_keep_lowest_price ON shop_productvariant;
DROP FUNCTION shop_keep_lowest_price()
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
        migrations.RunSQL(RECORD_PRICE, FORGET_PRICE),
        migrations.RunSQL(KEEP_LOWEST, DROP_LOWEST),
    ]
