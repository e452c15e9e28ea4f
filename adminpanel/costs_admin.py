"""The month's bill on the staff site, with its parameters as a form."""

from dataclasses import fields, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from shop.operations.costs.bill import alternatives, bill
from shop.operations.costs.inputs import MOST, MOST_COUNTED, Assumptions, Inputs, Traffic
from shop.operations.costs.prices import REGIONS, price_table
from shop.operations.costs.table import brief_lines

RIGHT = "shop.view_release"
PLAIN = Inputs()


def number(label: str, default: int, *, most: int = MOST) -> forms.IntegerField:
    shown = UnfoldAdminIntegerFieldWidget(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, min_value=0, max_value=most, initial=default, widget=shown)


class BillForm(forms.Form):
    """What is wrong is as usual, with a word beside it."""

    page_views = number("Page views", PLAIN.traffic.page_views)
    accounts = number("Accounts", PLAIN.traffic.accounts)
    orders = number("Orders", PLAIN.traffic.orders)
    executions = number("Executions", PLAIN.traffic.executions)
    gigabytes = number("GB to visitors", PLAIN.traffic.gigabytes)
    products = number("Products", PLAIN.assumed.products, most=MOST_COUNTED)
    staff_hours = number("Hours a day in which staff keep Aurora awake", PLAIN.assumed.staff_hours, most=24)
    region = forms.ChoiceField(label="Region", choices=[(name, name) for name in REGIONS], initial=REGIONS[0])
    aurora = forms.BooleanField(label="Aurora Serverless in place of RDS", required=False)
    standby = forms.BooleanField(label="A standby of the database", required=False)
    no_waf = forms.BooleanField(label="No web application firewall", required=False)
    nat_gateway = forms.BooleanField(label="NAT gateway in place of the instance", required=False)
    literal = forms.BooleanField(label="Each execution is a request", required=False)

    def inputs(self) -> tuple[Inputs, str]:
        """What is asked for and the region, from the fields that are sound."""
        given = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        given["waf"] = not given.pop("no_waf", False)
        traffic, assumed = ({n: given[n] for n in names(kind) if n in given} for kind in (Traffic, Assumptions))
        found = Inputs(replace(PLAIN.traffic, **traffic), replace(PLAIN.assumed, **assumed))
        return found, given.get("region", REGIONS[0])


def names(kind: type[Traffic] | type[Assumptions]) -> list[str]:
    return [each.name for each in fields(kind)]


@require_safe
def costs(request: HttpRequest) -> HttpResponse:
    """Priced anew for what the address asks; it keeps and writes nothing."""
    if not request.user.has_perm(RIGHT):
        raise PermissionDenied
    usual = {name: field.initial for name, field in BillForm.base_fields.items() if field.initial is not None}
    form = BillForm(usual | {name: value for name, value in request.GET.items() if str(value).strip()})
    form.is_valid()
    inputs, region = form.inputs()
    found = bill(inputs, region)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "What a month costs",
        "form": form,
        "bill": found,
        "brief_lines": brief_lines(found),
        "alternatives": alternatives(inputs, region),
        "measured": inputs.measured,
        "unseen": len(price_table(region).unseen),
    }
    return TemplateResponse(request, "adminpanel/costs/page.html", context)
