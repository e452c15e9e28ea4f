"""What the warehouse does when something happened."""

from django.conf import settings

from shop.events.envelope import Event
from shop.mail.services import queue_mail


def mail_stock_low(event: Event) -> None:
    """StockLow: tell the staff (settings.STAFF_EMAILS, often none) that somebody should order more."""
    for number, address in enumerate(settings.STAFF_EMAILS):
        queue_mail(key=f"stock-low:{event.id}:{number}", to=address, template="stock-low", context=event.detail)
