"""What a customer keeps with their account, on their page in the staff site: to look at, never to change."""

from datetime import timedelta

from django.db.models import QuerySet
from django.http import HttpRequest

from adminpanel.site import ReadOnlyInline
from shop.accounts.customer_models import Address, Consent
from shop.accounts.security_models import AccountEvent
from shop.core import clock

# An account's whole year of signing in would be a long page.
SHOWN = timedelta(days=90)


class AddressInline(ReadOnlyInline):
    model = Address
    fields = ["label", "full_name", "address", "address_extra", "city", "region", "postcode", "country", "phone"]
    readonly_fields = fields


class ConsentInline(ReadOnlyInline):
    model = Consent
    verbose_name_plural = "consents, newest first"
    fields = ["purpose", "given", "source", "words", "email", "at"]
    readonly_fields = fields


class EventInline(ReadOnlyInline):
    model = AccountEvent
    verbose_name_plural = "what happened to the account in the last 90 days"
    fields = ["kind", "at", "address", "agent", "note"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccountEvent]:
        rows: QuerySet[AccountEvent] = super().get_queryset(request)
        return rows.filter(at__gte=clock.now() - SHOWN)


CUSTOMER_INLINES = (AddressInline, ConsentInline, EventInline)
