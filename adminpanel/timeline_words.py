"""The words of an order's timeline: what a call, a message or a movement is to somebody who packs parcels."""

import re
from enum import Enum

from shop.orders.models import Order
from shop.payments.models import ProviderEvent
from shop.warehouse.models import StockMovement


class Kind(Enum):
    """What sort of thing happened: (word, icon of the staff site's font)."""

    REQUEST = ("Buyer", "person")
    STATE = ("Order", "flag")
    STOCK = ("Stock", "inventory_2")
    PAYMENT = ("Payment", "payments")
    CALL = ("We asked", "call_made")
    MESSAGE = ("Provider told", "webhook")
    EVENT = ("Event", "bolt")
    MAIL = ("Mail", "mail")
    REFUND = ("Refund", "undo")
    DOCUMENT = ("Document", "description")
    HOLD = ("Hold", "pan_tool")
    ALERT = ("Alert", "notification_important")

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def icon(self) -> str:
        return self.value[1]


STATES = dict(Order.State.choices) | dict(Order.FulfilmentState.choices)
STATE_MOODS = {"paid": "good", "review": "bad", "cancelled": "warn", "shipped": "good", "delivered": "good"}

# Calls of the port to payment providers.
OPERATIONS = {
    "create_session": "Open a payment page",
    "retrieve_session": "How does the payment stand?",
    "expire_session": "Close the payment page",
    "capture": "Take the money that the buyer agreed to",
    "refund": "Give money back",
    "list_refunds": "Which refunds are there?",
    "retrieve_dispute": "How does the dispute stand?",
    "list_disputes": "Which disputes are there?",
    "retrieve_review": "How does the provider's review stand?",
    "retrieve_fraud_warning": "What is the warning of fraud about?",
    "list_events": "Which messages are there?",
    "list_sessions": "Which payment pages are there?",
}

# The providers' messages. What is not here is shown by its own name.
MESSAGES = {
    "checkout.session.completed": "The buyer finished the payment page",
    "checkout.session.expired": "The payment page has closed",
    "checkout.session.async_payment_succeeded": "The delayed payment has arrived",
    "checkout.session.async_payment_failed": "The delayed payment has failed",
    "payment_intent.succeeded": "The money was taken",
    "charge.succeeded": "The card was charged",
    "payment_intent.payment_failed": "A payment was declined",
    "charge.refunded": "Money was given back",
    "refund.created": "A refund was begun",
    "refund.updated": "A refund has moved on",
    "refund.failed": "A refund has failed",
    "charge.dispute.created": "The buyer's bank disputes the payment",
    "charge.dispute.updated": "The dispute has moved on",
    "charge.dispute.closed": "The dispute is over",
    "charge.dispute.funds_withdrawn": "The disputed money was taken from us",
    "charge.dispute.funds_reinstated": "The disputed money came back to us",
    "radar.early_fraud_warning.created": "The card may have been stolen",
    "review.opened": "The provider wants the payment looked at",
    "review.closed": "The provider's review is over",
    "CHECKOUT.ORDER.APPROVED": "The buyer agreed to pay",
    "PAYMENT.CAPTURE.COMPLETED": "The money was taken",
    "PAYMENT.CAPTURE.PENDING": "The money is on its way",
    "PAYMENT.CAPTURE.DENIED": "The payment was declined",
    "PAYMENT.CAPTURE.REFUNDED": "Money was given back",
    "PAYMENT.CAPTURE.REVERSED": "The money was taken back from us",
    "CUSTOMER.DISPUTE.CREATED": "The buyer disputes the payment",
    "CUSTOMER.DISPUTE.UPDATED": "The dispute has moved on",
    "CUSTOMER.DISPUTE.RESOLVED": "The dispute is over",
}

MOVED = {
    StockMovement.Kind.RESERVE: "held for this order",
    StockMovement.Kind.RELEASE: "no longer held",
    StockMovement.Kind.SALE: "sent",
    StockMovement.Kind.RETURN: "back on the shelf",
}


def state(value: str) -> str:
    """A state of order or fulfilment in words; empty for none."""
    return str(STATES.get(value, value))


def movement(move: StockMovement) -> tuple[int, str]:
    """How many units, and what happened to them."""
    units = abs(move.on_hand_change or move.reserved_change)
    return units, MOVED.get(StockMovement.Kind(move.kind), move.get_kind_display().lower())


def progress(event: ProviderEvent) -> str:
    """What became of a provider's message."""
    if event.processed_at:
        return "worked on" if event.deliveries else "never came: we found it by asking, and worked on it"
    return "set aside, left to a person" if event.set_aside_at else "waits to be worked on"


def event(name: str) -> str:
    """OrderPaid -> order paid"""
    return " ".join(re.findall(r"[A-Z][a-z]*", name)).lower()


def consumer(path: str) -> str:
    """shop.orders.handlers.mail_confirmation -> Orders (mail confirmation)"""
    parts = path.split(".")
    domain = parts[1] if len(parts) > 1 else path
    return f"{domain.capitalize()} ({parts[-1].replace('_', ' ')})"
