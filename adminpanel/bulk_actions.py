"""Actions of lists that change many rows: first what is asked for, then a look at what would change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from adminpanel.fields import MOST_UNITS, MoneyField
from adminpanel.person import signed_in
from adminpanel.site import StaffAdmin
from shop.bulk import deeds
from shop.bulk.deeds import Deed
from shop.bulk.edits import edits_of
from shop.bulk.services import MOST_ROWS, plan
from shop.bulk.tables import TABLES
from shop.catalog.models import Category, Product, ProductVariant
from shop.core.errors import ShopError
from shop.core.money import Money, shop_currency
from shop.marketing.sale_models import SalePrice
from shop.warehouse.models import StockLevel

NUMBER = {"size": 6, "inputmode": "numeric", "autocomplete": "off"}


class ReasonForm(forms.Form):
    """Why: kept with the change and in each row's history."""

    reason = forms.CharField(label="Reason (may be empty)", max_length=150, required=False)

    def deed(self) -> tuple[str, Deed]:
        """What it is called, and what it does to a row. Only of a valid form."""
        raise NotImplementedError


class PriceForm(ReasonForm):
    what = forms.ChoiceField(
        label="What to do",
        widget=forms.RadioSelect,
        choices=[
            ("up", "Raise by a percentage"),
            ("down", "Lower by a percentage"),
            ("set", "Set one price for all"),
            ("sale", "Put on sale: take a percentage off and strike the present price through"),
            ("off", "Take off sale: the struck price holds again"),
        ],
    )
    percent = forms.IntegerField(
        label="Per cent", required=False, min_value=1, max_value=500, widget=forms.TextInput(attrs=NUMBER)
    )
    price = MoneyField(
        label="Price, tax included", required=False, allow_zero=False, widget=forms.TextInput(attrs=NUMBER)
    )
    field_order = ["what", "percent", "price", "reason"]

    def clean(self) -> dict[str, Any]:
        """What the chosen deed needs."""
        told = super().clean() or {}
        what, percent = told.get("what"), told.get("percent")
        if what in ("up", "down", "sale") and percent is None and "percent" not in self.errors:
            self.add_error("percent", "Write by how many per cent.")
        if what in ("down", "sale") and percent and percent > 90:
            self.add_error("percent", "At most 90 per cent can be taken off.")
        if what == "set" and told.get("price") is None and "price" not in self.errors:
            self.add_error("price", "Write the price.")
        return told

    def deed(self) -> tuple[str, Deed]:
        percent, price = self.cleaned_data["percent"], self.cleaned_data["price"]
        match self.cleaned_data["what"]:
            case "up":
                return f"Prices up by {percent}%", deeds.by_percent(percent)
            case "down":
                return f"Prices down by {percent}%", deeds.by_percent(-percent)
            case "set":
                return f"Price set to {Money(price, shop_currency())}", deeds.set_price(price)
            case "sale":
                return f"On sale with {percent}% off", deeds.on_sale(percent)
        return "Off sale", deeds.off_sale


class PublishForm(ReasonForm):
    def deed(self) -> tuple[str, Deed]:
        return "Put into the shop", deeds.publish


class TakeOutForm(ReasonForm):
    def deed(self) -> tuple[str, Deed]:
        return "Taken out of the shop", deeds.take_out


class CategoryForm(ReasonForm):
    category = forms.ModelChoiceField(Category.objects.order_by("name"), label="Category")
    field_order = ["category", "reason"]

    def deed(self) -> tuple[str, Deed]:
        category = self.cleaned_data["category"]
        return f"Moved to {category}", deeds.move_to(category.pk)


class ReorderForm(ReasonForm):
    units = forms.IntegerField(
        label="Order more at (empty: never)",
        required=False,
        min_value=0,
        max_value=MOST_UNITS,
        widget=forms.TextInput(attrs=NUMBER),
    )
    field_order = ["units", "reason"]

    def deed(self) -> tuple[str, Deed]:
        units = self.cleaned_data["units"]
        return "Never order more" if units is None else f"Order more at {units}", deeds.order_more_at(units)


@dataclass(frozen=True)
class Asked:
    """One bulk action of a list. rows: adds to the chosen rows what the deed looks at."""

    action: str
    title: str
    table: str
    form: type[ReasonForm]
    rows: Callable[[QuerySet[Any]], QuerySet[Any]]


def variants_asked(chosen: QuerySet[Any]) -> QuerySet[Any]:
    held = SalePrice.objects.filter(variant=OuterRef("pk"), ended_at=None)
    return ProductVariant.objects.filter(pk__in=chosen.values("pk")).annotate(on_running_sale=Exists(held))


def products_asked(chosen: QuerySet[Any]) -> QuerySet[Any]:
    active = ProductVariant.objects.filter(product=OuterRef("pk"), is_active=True)
    return Product.objects.filter(pk__in=chosen.values("pk")).annotate(has_variants=Exists(active))


def levels_asked(chosen: QuerySet[Any]) -> QuerySet[Any]:
    return StockLevel.objects.filter(pk__in=chosen.values("pk")).select_related("variant", "location")


def ask(model_admin: StaffAdmin, request: HttpRequest, chosen: QuerySet[Any], asked: Asked) -> HttpResponse | None:
    """The question; answered, the page of what would change. Works for the ticked rows and for all of the list."""
    found = asked.rows(chosen.order_by())
    count = found[: MOST_ROWS + 1].count()
    if count > MOST_ROWS:
        messages.error(request, f"More than {MOST_ROWS} rows are chosen. Filter the list, or change them by an import.")
        return None
    sent = "asked" in request.POST
    form = asked.form(request.POST if sent else None)
    if sent and form.is_valid():
        title, deed = form.deed()
        edits, refused = edits_of(asked.table, TABLES[asked.table], found.order_by("pk"), deed)
        reason = form.cleaned_data["reason"]
        try:
            row = plan(title=title, edits=edits, refused=refused, reason=reason, user=signed_in(request))
            return HttpResponseRedirect(reverse("admin:shop_bulkchange_change", args=[row.pk]))
        except ShopError as refusal:
            form.add_error(None, str(refusal))
    context = {
        **model_admin.admin_site.each_context(request),
        "title": asked.title,
        "opts": model_admin.opts,
        "form": form,
        "count": count,
        "asked": asked,
        "all_of_them": request.POST.get("select_across") == "1",
        "chosen": [pk for pk in request.POST.getlist(ACTION_CHECKBOX_NAME) if pk.isdecimal()],
        "back": f"{request.path}?{request.GET.urlencode()}",
    }
    return TemplateResponse(request, "adminpanel/bulk/ask.html", context, status=422 if sent else 200)
