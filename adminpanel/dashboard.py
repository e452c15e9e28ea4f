"""The staff home: what needs doing, how today goes, the last 30 days. A dozen queries at most, whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone

from adminpanel.charts import Curve, Grid, curve, nice_grid, share, spark
from adminpanel.queues import BOUND, bounded, queues
from shop.activity.services import popular
from shop.catalog.models import Product
from shop.core import clock
from shop.core.money import Money
from shop.orders.models import Order, OrderLine
from shop.warehouse.models import StockLevel

DAYS = 30
LISTED = 8


@dataclass(frozen=True)
class Figure:
    """A number of today with what it was at this time a week ago."""

    name: str
    value: str
    change: str
    kind: str
    arrow: str
    spark: Curve


@dataclass(frozen=True)
class Day:
    """What one day in the shop's time zone brought in (minor units)."""

    date: date
    orders: int
    revenue: int

    @property
    def money(self) -> str:
        return str(Money(self.revenue, settings.SHOP_CURRENCY))


@dataclass(frozen=True)
class Revenue:
    """The curve of the last 30 days over the 30 before, with its numbers as a table."""

    days: list[Day]
    before: list[Day]
    grid: Grid
    now: Curve
    then: Curve
    finding: str

    @property
    def ticks(self) -> list[str]:
        return [str(Money(int(tick), settings.SHOP_CURRENCY)) for tick in self.grid.ticks]

    @property
    def rows(self) -> list[tuple[Day, Day]]:
        return list(zip(reversed(self.days), reversed(self.before), strict=True))

    @property
    def marks(self) -> list[date]:
        """The days named below the curve."""
        return [self.days[index].date for index in (0, 10, 20, DAYS - 1)]


def add_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold calls this for the index page: adds the parts that this person may see."""
    user = request.user
    now = timezone.localtime(clock.now())
    context |= {"title": "Home", "greeting": greeting(user, now), "now": now, "queues": queues(user)}
    if user.has_perm("shop.view_orderline"):
        days = daily(now)
        context |= {"figures": figures(now, days), "revenue": revenue(days), "best_sellers": best_sellers(now)}
    if user.has_perm("shop.view_order"):
        context["newest_orders"] = Order.objects.order_by("-placed_at")[:LISTED]
    if user.has_perm("shop.view_product"):
        context["looked_at"] = most_looked_at()
    if user.has_perm("shop.view_stocklevel"):
        context["low_stock"] = low_stock()
    return context


def greeting(user: Any, now: datetime) -> str:
    part = "morning" if now.hour < 12 else "afternoon" if now.hour < 18 else "evening"
    return f"Good {part}, {user.get_short_name()}"


# --- Today and the last 30 days ----------------------------------------------------------------------------------


def midnight(day: date) -> datetime:
    """The moment that day begins in the shop's time zone (days of 23 and 25 hours included)."""
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))


def daily(now: datetime) -> list[Day]:
    """The last 60 days up to today, oldest first, days without orders included. One query."""
    first = now.date() - timedelta(days=2 * DAYS - 1)
    rows = (
        Order.objects.paid()
        .filter(currency=settings.SHOP_CURRENCY, paid_at__gte=midnight(first))
        .annotate(day=TruncDate("paid_at"))
        .values("day")
        .annotate(orders=Count("pk"), revenue=Sum("grand_total"))
        .order_by("day")
    )
    by_day = {row["day"]: Day(row["day"], row["orders"], row["revenue"]) for row in rows}
    dates = [first + timedelta(days=offset) for offset in range(2 * DAYS)]
    return [by_day.get(day) or Day(day, 0, 0) for day in dates]


def week_ago(now: datetime) -> Day:
    """The same weekday last week up to this time of day. One query."""
    day = now.date() - timedelta(days=7)
    until = timezone.make_aware(datetime.combine(day, now.time()))
    found = (
        Order.objects.paid()
        .filter(currency=settings.SHOP_CURRENCY, paid_at__gte=midnight(day), paid_at__lt=until)
        .aggregate(orders=Count("pk"), revenue=Sum("grand_total"))
    )
    return Day(day, found["orders"], found["revenue"] or 0)


def figures(now: datetime, days: Sequence[Day]) -> list[Figure]:
    """Today's sales, orders and average order beside last week's, with the last seven days as small lines."""
    today, then, week = days[-1], week_ago(now), days[-7:]
    return [
        figure("Sales", today.money, today.revenue, then.revenue, [day.revenue for day in week]),
        figure("Orders", str(today.orders), today.orders, then.orders, [day.orders for day in week]),
        figure(
            "Average order",
            str(Money(average(today), settings.SHOP_CURRENCY)),
            average(today),
            average(then),
            [average(day) for day in week],
        ),
    ]


def average(day: Day) -> int:
    """Revenue per order in minor units, 0 on a day without orders."""
    return round(day.revenue / day.orders) if day.orders else 0


def figure(name: str, value: str, now: int, then: int, week: Sequence[int]) -> Figure:
    if now == then:
        return Figure(name, value, "same as last week", "", "", spark(week))
    word = "up" if now > then else "down"
    change = f"{abs(now - then) / then:.0%} {word}" if then else f"{word} from none"
    return Figure(name, value, change, "good" if now > then else "bad", "▲" if now > then else "▼", spark(week))


def revenue(days: Sequence[Day]) -> Revenue | None:
    """The curve of 30 days over the 30 before; None for a shop without a sale."""
    before, latest = list(days[:DAYS]), list(days[DAYS:])
    highest = max(day.revenue for day in days)
    if not highest:
        return None
    grid = nice_grid(highest)
    total, earlier = (sum(day.revenue for day in part) for part in (latest, before))
    money = Money(total, settings.SHOP_CURRENCY), Money(earlier, settings.SHOP_CURRENCY)
    orders = sum(day.orders for day in latest)
    finding = f"{money[0]} from {orders} orders; the 30 days before brought {money[1]}."
    lines = [curve([day.revenue for day in part], grid.top) for part in (latest, before)]
    return Revenue(latest, before, grid, lines[0], lines[1], finding)


def best_sellers(now: datetime) -> list[dict[str, Any]]:
    """The products sold most in 30 days: name, units, and the length of the bar. One query."""
    since = midnight(now.date() - timedelta(days=DAYS - 1))
    rows = list(
        OrderLine.objects.filter(order__paid_at__gte=since)
        .exclude(order__state=Order.State.CANCELLED)
        .values("product_name", "product_slug")
        .annotate(units=Sum("quantity"))
        .order_by("-units", "product_name")[:LISTED]
    )
    return [{**row, "bar": share(row["units"], rows[0]["units"])} for row in rows]


def most_looked_at() -> list[dict[str, Any]]:
    """The products looked at most in the last days: name, times, and the length of the bar. Two queries."""
    found = popular(LISTED)
    names = dict(Product.objects.filter(pk__in=[pk for pk, _ in found]).values_list("pk", "name"))
    most = found[0][1] if found else 0
    return [
        {"pk": pk, "name": names[pk], "times": times, "bar": share(times, most)} for pk, times in found if pk in names
    ]


def low_stock() -> dict[str, Any]:
    """The levels nearest to nothing, and how many are low (up to a bound). One query."""
    levels = StockLevel.objects.low().filter(variant__is_active=True).with_available()
    shown = levels.select_related("variant__product", "variant__colour", "variant__size").order_by(
        F("on_hand") - F("reserved"), "pk"
    )
    found = list(shown[:BOUND])
    return {"levels": found[:LISTED], "count": bounded(len(found))}
