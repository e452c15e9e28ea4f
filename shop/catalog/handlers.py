"""What the catalogue does when something has happened."""

from shop.catalog import listings
from shop.events.envelope import Event


def refresh_listing(event: Event) -> None:
    """ProductChanged: the product's card, filters and search say what it now is."""
    listings.refresh([event.detail["product_id"]])
