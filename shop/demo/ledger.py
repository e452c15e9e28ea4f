"""What the demo's orders did to the stock: receipts that cover them, holds, and goods that left."""

from datetime import datetime, timedelta

from shop.catalog.models import ProductVariant
from shop.orders.models import Order, OrderLine
from shop.warehouse.models import Reservation, StockLevel, StockMovement

Kind = StockMovement.Kind


class Ledger:
    """Collects the movements of all orders and writes them with the levels, so that what can be sold stays as it was.

    Each line that is or will be sent is covered by a receipt a week before: an article that is sold out stays sold
    out, and of any other there are no more and no fewer.
    """

    def __init__(self, variants: list[ProductVariant]) -> None:
        """The caller holds a transaction: the levels stay locked until it ends."""
        levels = StockLevel.objects.filter(variant__in=variants).order_by("pk").select_for_update(of=("self",))
        first = levels.select_related("location")
        self.levels: dict[int, StockLevel] = {}
        for level in first:
            known = self.levels.get(level.variant_id)
            if known is None or level.location.position < known.location.position:
                self.levels[level.variant_id] = level
        self.movements: list[StockMovement] = []
        self.reservations: list[Reservation] = []

    def post(self, order: Order, line: OrderLine) -> None:
        """Everything that the line did, up to the state its order is in."""
        assert line.variant_id
        level = self.levels[line.variant_id]
        if not order.cancelled_at:
            bought = order.placed_at - timedelta(days=7)
            self.move(level, Kind.RECEIPT, bought, f"restock-{bought:%Y-%m}", on_hand=line.quantity)
        self.move(level, Kind.RESERVE, order.placed_at, order.number, reserved=line.quantity)
        hold = Reservation(level=level, order_line=line, quantity=line.quantity, created_at=order.placed_at)
        if order.cancelled_at:
            hold.state = Reservation.State.RELEASED
            self.move(level, Kind.RELEASE, order.cancelled_at, order.number, reserved=-line.quantity)
        elif order.shipped_at:
            hold.state = Reservation.State.SHIPPED
            self.move(level, Kind.SALE, order.shipped_at, order.number, on_hand=-line.quantity, reserved=-line.quantity)
        else:
            hold.expires_at = order.hold_until
        self.reservations.append(hold)

    def move(
        self, level: StockLevel, kind: Kind, at: datetime, document: str, *, on_hand: int = 0, reserved: int = 0
    ) -> None:
        level.on_hand += on_hand
        level.reserved += reserved
        movement = StockMovement(level=level, kind=kind, document=document, created_at=at)
        movement.on_hand_change, movement.reserved_change = on_hand, reserved
        self.movements.append(movement)

    def write(self) -> None:
        """After the order lines."""
        StockLevel.objects.bulk_update(self.levels.values(), ["on_hand", "reserved"], batch_size=1000)
        StockMovement.objects.bulk_create(sorted(self.movements, key=lambda movement: movement.created_at))
        Reservation.objects.bulk_create(self.reservations)
