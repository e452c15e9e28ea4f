-- What QuickSight reads: figures without a person in them, and the only thing that its database user may see.
-- Run it again after each change of it, as the database's owner. A migration that drops a column which a view shows is
-- refused by PostgreSQL: drop the schema before it, and run this after.

DROP SCHEMA IF EXISTS reporting CASCADE;
CREATE SCHEMA reporting;

-- Amounts in minor units (pence), as everywhere. Days are UTC.
CREATE VIEW reporting.sales_by_day AS
SELECT
    (paid_at AT TIME ZONE 'UTC')::date AS day,
    currency,
    country,
    count(*) AS orders,
    sum(grand_total) AS taken,
    sum(tax_total) AS taxes,
    sum(discount_total) AS discounts
FROM shop_order
WHERE state = 'paid'
GROUP BY 1, 2, 3;

CREATE VIEW reporting.sold_by_day AS
SELECT
    (shop_order.paid_at AT TIME ZONE 'UTC')::date AS day,
    shop_order.currency,
    line.product_slug AS product,
    line.colour_name AS colour,
    line.size_name AS size,
    sum(line.quantity) AS units,
    sum(line.line_total - line.discount_total) AS taken
FROM shop_orderline AS line
JOIN shop_order ON shop_order.id = line.order_id
WHERE shop_order.state = 'paid'
GROUP BY 1, 2, 3, 4, 5;

CREATE VIEW reporting.stock AS
SELECT
    product.slug AS product,
    variant.sku,
    location.code AS location,
    level.on_hand,
    level.reserved,
    level.damaged
FROM shop_stocklevel AS level
JOIN shop_productvariant AS variant ON variant.id = level.variant_id
JOIN shop_product AS product ON product.id = variant.product_id
JOIN shop_stocklocation AS location ON location.id = level.location_id;
