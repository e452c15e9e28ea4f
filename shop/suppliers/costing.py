"""What a unit cost us by the time it lies on the shelf, and what is left of its price."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import get_currency_precision
from django.db import transaction
from django.db.models import F, FloatField, OuterRef, Subquery, Sum

from shop.catalog.models import ProductVariant
from shop.core.money import Money, shop_currency
from shop.suppliers.moves import Who, locked, note
from shop.suppliers.purchase_models import GoodsReceiptLine, PurchaseOrder, PurchaseOrderLine
from shop.tax.amounts import contained


@dataclass(frozen=True)
class Extra:
    """What comes on top of an order's goods, and what both are divided by. All in minor units of its currency."""

    amount: int
    goods: int
    units: int

    def on(self, unit_cost: int) -> Decimal:
        """One unit's share: by value, or by number where the goods themselves cost nothing."""
        if self.goods:
            return Decimal(self.amount * unit_cost) / self.goods
        return Decimal(self.amount) / self.units if self.units else Decimal(0)


def extra_of(order: PurchaseOrder) -> Extra:
    """Freight and duty over all that is promised of the order."""
    goods = units = 0
    for line in order.lines.all():
        number = line.quantity if line.confirmed_quantity is None else line.confirmed_quantity
        goods, units = goods + number * line.unit_cost, units + number
    return Extra(order.freight + order.duty, goods, units)


def landed_unit_cost(order: PurchaseOrder, line: PurchaseOrderLine, extra: Extra) -> int:
    """Minor units of the shop's currency: cost and share of freight and duty at the order's exchange rate.

    Rounded half up, once.
    """
    whole = line.unit_cost + extra.on(line.unit_cost)
    shift = get_currency_precision(shop_currency()) - get_currency_precision(order.currency)
    return int((whole * order.exchange_rate).scaleb(shift).to_integral_value(ROUND_HALF_UP))


@dataclass(frozen=True)
class Costs:
    """What comes on top of an order's goods. freight, duty: minor units of the order's currency."""

    freight: int
    duty: int
    exchange_rate: Decimal


@transaction.atomic
def set_costs(order_id: int, costs: Costs, who: Who) -> PurchaseOrder:
    """The forwarder's bill often comes after the goods: what was received already is worked out anew."""
    order = locked(order_id)
    order.freight, order.duty, order.exchange_rate = costs.freight, costs.duty, costs.exchange_rate
    order.save(update_fields=["freight", "duty", "exchange_rate", "updated_at"])
    extra = extra_of(order)
    rows = list(GoodsReceiptLine.objects.filter(receipt__order=order).select_related("line"))
    for row in rows:
        row.landed_unit_cost = landed_unit_cost(order, row.line, extra)
    GoodsReceiptLine.objects.bulk_update(rows, ["landed_unit_cost"])
    freight, duty = order.money(costs.freight), order.money(costs.duty)
    note(order, f"Freight {freight}, duty {duty}, rate {costs.exchange_rate}", who)
    return order


def landed_average() -> Subquery:
    """Over all that came fit for sale of a source's variant, from whomever; minor units of the shop's currency."""
    came = GoodsReceiptLine.objects.filter(line__variant=OuterRef("variant"), received__gt=0).order_by()
    paid = Sum(F("landed_unit_cost") * F("received"), output_field=FloatField())
    average = came.values("line__variant").annotate(each=paid / Sum("received", output_field=FloatField()))
    return Subquery(average.values("each"))


@dataclass(frozen=True)
class Margin:
    """What is left of a variant's price without VAT once a unit is paid for."""

    net_price: Money
    landed: Money

    @property
    def left(self) -> Money:
        return self.net_price - self.landed

    @property
    def percent(self) -> int:
        """Of the price without VAT, rounded; 0 for a price of nothing."""
        return round(100 * self.left.amount / self.net_price.amount) if self.net_price.amount else 0


def margin(variant: ProductVariant, landed: int, vat_rate: Decimal) -> Margin:
    """landed: minor units of the shop's currency. vat_rate: percent at home, contained in the price."""
    net = variant.price - contained(variant.price, vat_rate)
    return Margin(Money(net, variant.currency), Money(landed, shop_currency()))
