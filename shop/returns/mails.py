"""What customers are told of their returns: one mail per step, written with the step."""

from shop.mail.services import queue_mail
from shop.returns.models import Return


def asked(parent: Return) -> None:
    """It was asked for; a person looks at it."""
    tell(parent, "asked")


def withdrawn(parent: Return) -> None:
    """The receipt of a withdrawal on a durable medium, with its day and time and what it says: directive 2011/83/EU,
    article 11a(4), as of directive (EU) 2023/2673."""
    tell(parent, "withdrawn")


def approved(parent: Return) -> None:
    tell(parent, "approved")


def declined(parent: Return) -> None:
    tell(parent, "declined")


def cancelled(parent: Return) -> None:
    """Staff gave it up before it came."""
    tell(parent, "cancelled")


def overdue(parent: Return) -> None:
    """It did not come and was given up."""
    tell(parent, "overdue")


def received(parent: Return) -> None:
    tell(parent, "received")


def settled(parent: Return, refunded: str) -> None:
    """Done; the mail of the refund follows once the money has gone. Only where staff had something to say."""
    if parent.answer or not refunded:
        tell(parent, "settled", refunded=refunded)


def tell(parent: Return, what: str, refunded: str = "") -> None:
    order = parent.order
    queue_mail(
        key=f"return-{what}:{parent.number}",
        to=order.email,
        template="return",
        context={
            "what": what,
            "return": parent,
            "order": order,
            "first_name": order.full_name.strip().partition(" ")[0],
            "lines": list(parent.lines.select_related("order_line", "exchange_for__size").order_by("pk")),
            "refunded": refunded,
        },
    )
