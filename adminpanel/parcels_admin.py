"""Parcels: which have to leave, their labels, and what becomes of them."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from unfold.decorators import action

from adminpanel.long_lists import RecentValuesFilter
from adminpanel.parcel_steps import STEPS, offered_steps
from adminpanel.person import signed_in
from adminpanel.previews import CONFIRMED, Look, Row, preview
from adminpanel.showing import ShownAdmin
from adminpanel.site import ReadOnlyAdmin, state_column, status
from shop.adapters.carriers import CarrierError
from shop.core.errors import ShopError
from shop.delivery.labels import make_label
from shop.delivery.parcels import dispatch, refusal
from shop.delivery.shipment_models import Shipment, ShipmentLabel, ShippingClosure
from shop.delivery.ways import carrier_title

KINDS = {
    **dict.fromkeys(("packed", "ready"), "warn"),
    **dict.fromkeys(("dispatched", "in-transit", "delivered"), "good"),
    **dict.fromkeys(("failed", "lost", "returned"), "bad"),
}
# Carriers take a second or more for each.
MOST_LABELS = 25
MOST_HANDED_OVER = 200


HEADINGS = ("Parcel", "Order", "To")
LABELS = Look(
    "labels",
    "Make labels?",
    "The carrier is asked for a label of each, which it charges for when the parcel leaves.",
    HEADINGS,
    "Gets a label",
    "Make the labels",
)
HAND_OVER = Look(
    "hand_over",
    "Hand over these parcels?",
    "Their goods leave the stock, and their customers are told that they are on their way. This cannot be undone.",
    HEADINGS,
    "Goes",
    "Hand them over",
)


@admin.register(Shipment)
class ShipmentAdmin(ReadOnlyAdmin):
    history_in = "The page of the parcel tells every step of its way; the stock ledger who sent its units out."
    list_display = [
        *("number", "of_order", state_column("state", KINDS), "label_link", "carrier_name", "tracking_number"),
        *("location", "promised_on", "packed_at"),
    ]
    list_filter = ["state", ("carrier", RecentValuesFilter), "location", "promised_on"]
    list_select_related = ["order", "location"]
    search_fields = ["=number", "=tracking_number", "=order__number"]
    search_help_text = "Parcel, tracking or order number"
    actions = ["labels", "hand_over"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shipment]:
        labels = ShipmentLabel.objects.filter(shipment=OuterRef("pk"))
        return Shipment.objects.annotate(has_label=Exists(labels))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.label_view))
        return [path("<int:shipment_id>/label/", view, name="shop_shipment_label"), *super().get_urls()]

    def has_ship_permission(self, request: HttpRequest) -> bool:
        """Whether this person may make labels and send parcels away."""
        return request.user.has_perm("shop.change_shipment")

    @action(description="Make labels", permissions=["ship"])
    def labels(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        """Of those that have none yet, after a look; each that gets none says why."""
        if CONFIRMED not in request.POST:
            return preview(self, request, LABELS, label_rows(list(queryset.select_related("order")[:MOST_HANDED_OVER])))
        rows = list(queryset.filter(label=None, state=Shipment.State.PACKED)[: MOST_LABELS + 1])
        made = sum(label_made(request, row) for row in rows[:MOST_LABELS])
        self.message_user(request, f"{made} label{'' if made == 1 else 's'} made.", messages.INFO)
        if len(rows) > MOST_LABELS:
            self.message_user(request, f"That was the first {MOST_LABELS}: do it again for the rest.", messages.WARNING)
        return None

    @action(description="Hand over to the carrier", permissions=["ship"])
    def hand_over(self, request: HttpRequest, queryset: QuerySet[Shipment]) -> HttpResponse | None:
        """First what would happen, then the deed. A parcel that must not go says why and stays."""
        rows = list(queryset.select_related("order", "location")[:MOST_HANDED_OVER])
        if CONFIRMED not in request.POST:
            look = [Row(row.pk, cells_of(row), refusal(row.order, row)) for row in rows]
            return preview(self, request, HAND_OVER, look)
        gone = [row for row in rows if handed_over(request, row)]
        words = f"{len(gone)} parcel{'' if len(gone) == 1 else 's'} handed over."
        self.message_user(request, words, messages.SUCCESS if gone else messages.INFO)
        return None

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The parcel as a document with the steps that its state allows; a POST does one of them."""
        may_ship = self.has_ship_permission(request)
        if not self.has_view_permission(request) or (request.method == "POST" and not may_ship):
            raise PermissionDenied
        shipment = self.existing(request, object_id)
        if request.method == "POST":
            step = STEPS.get(request.POST.get("do", ""))
            if step is None:
                messages.warning(request, "Choose what is to be done.")
            else:
                step.run(request, shipment)
            return HttpResponseRedirect(request.path)
        return TemplateResponse(request, "adminpanel/parcels/detail.html", self.facts(request, shipment, may_ship))

    def facts(self, request: HttpRequest, shipment: Shipment, may_ship: bool) -> dict[str, Any]:
        """All of the parcel's page, in a fixed number of queries."""
        return {
            **self.admin_site.each_context(request),
            "title": f"Parcel {shipment.number}",
            "opts": self.opts,
            "shipment": shipment,
            "kind": KINDS.get(shipment.state, ""),
            "carrier": carrier_title(shipment.carrier),
            "lines": list(shipment.lines.select_related("order_line", "level")),
            "events": list(shipment.events.order_by("-at", "-pk")),
            "steps": offered_steps(request.user, shipment) if may_ship else [],
            "may_ship": may_ship,
            "may_see_order": request.user.has_perm("shop.view_order"),
        }

    def label_view(self, request: HttpRequest, shipment_id: int) -> HttpResponse:
        """The label as a PDF, 100 x 150 mm."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        label = ShipmentLabel.objects.filter(shipment_id=shipment_id).select_related("shipment").first()
        if label is None:
            raise Http404("no label yet")
        name = f"label-{label.shipment.number}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "private, no-store"}
        return HttpResponse(bytes(label.pdf), content_type="application/pdf", headers=headers)

    @admin.display(description="Order", ordering="order__number")
    def of_order(self, shipment: Shipment) -> SafeString:
        link = reverse("admin:shop_order_change", args=[shipment.order_id])
        return format_html('<a class="link" href="{}">{}</a>', link, shipment.order.number)

    @admin.display(description="Label")
    def label_link(self, shipment: Any) -> SafeString:
        if not shipment.has_label:
            return status("None", "")
        link = reverse("admin:shop_shipment_label", args=[shipment.pk])
        return format_html('<a class="link" href="{}">Label<span class="vh"> of {}</span></a>', link, shipment.number)

    @admin.display(description="Carrier", ordering="carrier")
    def carrier_name(self, shipment: Shipment) -> str:
        return carrier_title(shipment.carrier) or shipment.carrier


def cells_of(shipment: Shipment) -> tuple[str, str, str]:
    """A parcel as a look at many shows it."""
    return shipment.number, shipment.order.number, f"{shipment.order.full_name}, {shipment.order.city}"


def label_rows(shipments: list[Any]) -> list[Row]:
    """Which get a label now, and why the others do not."""
    rows, room = [], MOST_LABELS
    for shipment in shipments:
        why = "It has one." if shipment.has_label else ""
        if not why and shipment.state != Shipment.State.PACKED:
            why = f"It is {shipment.get_state_display().lower()}."
        if not why and not room:
            why = f"{MOST_LABELS} are made in one go: do it again for this one."
        room -= not why
        rows.append(Row(shipment.pk, cells_of(shipment), why))
    return rows


def label_made(request: HttpRequest, shipment: Shipment) -> bool:
    """Make one; what went wrong is told."""
    try:
        make_label(shipment.pk, actor=signed_in(request))
    except (ShopError, CarrierError) as error:
        messages.error(request, f"{shipment.number}: {error}")
        return False
    return True


def handed_over(request: HttpRequest, shipment: Shipment) -> bool:
    """Hand one over; what went wrong is told. False for one that had gone before."""
    try:
        return dispatch(shipment.pk, actor=signed_in(request))
    except ShopError as refused:
        messages.error(request, str(refused))
        return False


@admin.register(ShippingClosure)
class ShippingClosureAdmin(ShownAdmin):
    """Days on which nothing leaves. Pages that promise days follow."""

    list_display = ["day", "reason"]
    search_fields = ["reason"]
    date_hierarchy = None

    def products_of(self, rows: Any) -> set[int]:
        """No card speaks of them; pages that name days do."""
        return set()
