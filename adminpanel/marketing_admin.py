"""Promotions, their codes and uses, and sales."""

import csv
from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from adminpanel.long_lists import RecentRowsFilter
from adminpanel.marketing_words import promotion_in_words, sale_in_words, used_and_left
from adminpanel.showing import ShownAdmin
from adminpanel.site import ReadOnlyAdmin, StaffAdmin, status
from shop.core import clock
from shop.marketing.codes import RANDOM_LENGTH, generate
from shop.marketing.models import CODE_LENGTH, Promotion, Redemption, Voucher, code_characters
from shop.marketing.sale_models import Sale

# More in one go than anybody prints.
MOST_CODES = 5000
# A spreadsheet would take a text that begins like this for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def state_of(row: Promotion | Sale) -> SafeString:
    """Whether it works now."""
    now = clock.now()
    if not row.is_active:
        return status("Off", "")
    if row.starts_at > now:
        return status("To come", "warn")
    if isinstance(row, Promotion) and row.left == 0:
        return status("Used up", "")
    return status("Over", "") if row.ends_at and row.ends_at <= now else status("Running", "good")


@admin.register(Promotion)
class PromotionAdmin(ShownAdmin):
    list_display = ["name", "state", "what", "needs_code", "starts_at", "codes_link"]
    # Counting the codes takes the model's own order away.
    ordering = ["-starts_at", "pk"]
    list_filter = ["is_active", "kind", "needs_code"]
    search_fields = ["name", "vouchers__code"]
    search_help_text = "Name or code"
    autocomplete_fields = ["categories", "products"]
    money_fields = ("amount", "minimum_goods")
    readonly_fields = ["what", "counts"]
    actions_detail = ["open_codes"]
    fieldsets = [
        ("What the buyer gets", {"fields": ["name", "kind", "percent", "amount", "buy_quantity", "free_quantity"]}),
        ("What it is for", {"fields": ["categories", "products", "spares_reduced", "minimum_goods"]}),
        ("When", {"fields": ["starts_at", "ends_at", "is_active"]}),
        ("How often", {"fields": ["needs_code", "max_uses", "max_uses_per_customer", "is_combinable"]}),
        ("As saved", {"fields": ["what", "counts"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        rows: QuerySet[Promotion] = super().get_queryset(request)
        return rows.prefetch_related("categories", "products").annotate(codes=Count("vouchers", distinct=True))

    def products_of(self, rows: Iterable[Model]) -> set[int]:
        """No card speaks of promotions; but every process has to learn which there are."""
        return set()

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.codes_page)
        export = self.admin_site.admin_view(self.export_page)
        return [
            path("<int:promotion_id>/codes/", page, name="shop_promotion_codes"),
            path("<int:promotion_id>/codes.csv", export, name="shop_promotion_export"),
            *super().get_urls(),
        ]

    def has_codes_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may make codes and take them away as a file."""
        return request.user.has_perms(("shop.view_promotion", "shop.add_voucher"))

    @action(description="Codes", url_path="to-codes", permissions=["codes"], icon="confirmation_number")
    def open_codes(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:shop_promotion_codes", args=[object_id]))

    def codes_page(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """How many codes there are, and a form that makes more."""
        if not self.has_codes_permission(request):
            raise PermissionDenied
        promotion = get_object_or_404(Promotion, pk=promotion_id)
        form = CodesForm(request.POST or None, initial={"count": 100, "max_uses": 1})
        if request.method == "POST" and not promotion.needs_code:
            form.add_error(None, "This promotion is given to everybody: it needs no code.")
        if request.method == "POST" and form.is_valid():
            wanted = form.cleaned_data
            made = generate(
                promotion=promotion, count=wanted["count"], prefix=wanted["begin"], max_uses=wanted["max_uses"]
            )
            messages.success(request, f"{len(made)} codes made.")
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Codes of {promotion.name}",
            "opts": self.opts,
            "promotion": promotion,
            "words": promotion_in_words(promotion),
            "form": form,
            "codes": promotion.vouchers.count(),
            "used": promotion.vouchers.filter(uses__gt=0).count(),
        }
        failed = request.method == "POST"
        return TemplateResponse(request, "adminpanel/marketing/codes.html", context, status=422 if failed else 200)

    def export_page(self, request: HttpRequest, promotion_id: int) -> HttpResponse:
        """All codes of the promotion as a CSV file."""
        if not self.has_codes_permission(request):
            raise PermissionDenied
        promotion = get_object_or_404(Promotion, pk=promotion_id)
        return csv_of(promotion.vouchers.select_related("promotion"), f"codes-{promotion.pk}.csv")

    @admin.display(description="State")
    def state(self, promotion: Promotion) -> SafeString:
        return state_of(promotion)

    @admin.display(description="In words")
    def what(self, promotion: Promotion) -> str:
        return promotion_in_words(promotion) if promotion.pk else "Shown here once it is saved."

    @admin.display(description="Uses", ordering="uses")
    def counts(self, promotion: Promotion) -> str:
        return used_and_left(promotion.uses, promotion.max_uses)

    @admin.display(description="Codes", ordering="codes")
    def codes_link(self, promotion: Any) -> SafeString | str:
        if not promotion.needs_code:
            return ""
        link = f"{reverse('admin:shop_voucher_changelist')}?promotion__id__exact={promotion.pk}"
        return format_html('<a class="link" href="{}">{}</a>', link, promotion.codes)


class CodesForm(forms.Form):
    """How many codes to make, and how they look."""

    count = forms.IntegerField(
        label="How many", min_value=1, max_value=MOST_CODES, widget=forms.TextInput(attrs={"size": 6})
    )
    begin = forms.CharField(
        label="Begin with", required=False, max_length=CODE_LENGTH - RANDOM_LENGTH, validators=[code_characters]
    )
    max_uses = forms.IntegerField(
        label="Most uses of each (empty: no limit)",
        required=False,
        min_value=1,
        widget=forms.TextInput(attrs={"size": 6}),
    )

    def clean_max_uses(self) -> int | None:
        most: int | None = self.cleaned_data["max_uses"]
        if most is not None and most > 2_000_000_000:
            raise forms.ValidationError("Leave it empty for no limit.")
        return most


def csv_of(vouchers: Iterable[Voucher], name: str) -> HttpResponse:
    """Codes with their promotion, limits and uses, as a file for a spreadsheet."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["code", "promotion", "max_uses", "uses"])
    for voucher in vouchers:
        most = "" if voucher.max_uses is None else voucher.max_uses
        writer.writerow([safe(voucher.code), safe(voucher.promotion.name), most, voucher.uses])
    return response


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


@admin.register(Voucher)
class VoucherAdmin(StaffAdmin):
    list_display = ["code", "promotion", "counts", "created_at"]
    list_select_related = ["promotion"]
    list_filter = [("promotion", RecentRowsFilter)]
    search_fields = ["code", "promotion__name"]
    search_help_text = "Code or promotion"
    autocomplete_fields = ["promotion"]
    fields = ["promotion", "code", "max_uses", "counts"]
    readonly_fields = ["counts"]
    actions = ["export"]

    def has_export_permission(self, request: HttpRequest) -> bool:
        """Codes are worth money: only who may make them takes them away as a file."""
        return request.user.has_perm("shop.add_voucher")

    @action(description="Export as CSV", permissions=["export"])
    def export(self, request: HttpRequest, queryset: QuerySet[Voucher]) -> HttpResponse:
        return csv_of(queryset, "codes.csv")

    @admin.display(description="Uses", ordering="uses")
    def counts(self, voucher: Voucher) -> str:
        return used_and_left(voucher.uses, voucher.max_uses)


@admin.register(Redemption)
class RedemptionAdmin(ReadOnlyAdmin):
    """Every use by an order. Who the customer was is shown to those who may see orders."""

    history_in = "A redemption is written with its order and given back with it: the page of the order tells both."
    list_display = ["redeemed_at", "name", "code", "order", "money", "stands", "customer"]
    list_select_related = ["order"]
    list_filter = [("given_back_at", admin.EmptyFieldListFilter), ("promotion", RecentRowsFilter)]
    search_fields = ["=code", "=order__number", "name"]
    search_help_text = "Code, order number or promotion"
    fields = ["promotion", "voucher", "order", "name", "code", "money", "customer", "redeemed_at", "given_back_at"]
    readonly_fields = ["money"]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return self.without_customer(request, super().get_list_display(request))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.without_customer(request, super().get_fields(request, obj))

    def without_customer(self, request: HttpRequest, names: Iterable[Any]) -> list[Any]:
        """These columns, less the address for those who may not see orders."""
        allowed = request.user.has_perm("shop.view_order")
        return [name for name in names if allowed or name != "customer"]

    @admin.display(description="Amount", ordering="amount")
    def money(self, use: Redemption) -> str:
        return str(use.money)

    @admin.display(description="Counts", ordering="given_back_at")
    def stands(self, use: Redemption) -> SafeString:
        return status("Given back", "") if use.given_back_at else status("Used", "good")


@admin.register(Sale)
class SaleAdmin(StaffAdmin):
    list_display = ["name", "state", "what", "starts_at", "reduced"]
    list_filter = ["is_active"]
    search_fields = ["name"]
    autocomplete_fields = ["categories", "products"]
    readonly_fields = ["what", "reduced"]
    fieldsets = [
        ("What is reduced", {"fields": ["name", "percent", "categories", "products"]}),
        ("When", {"fields": ["starts_at", "ends_at", "is_active"]}),
        ("As saved", {"fields": ["what", "reduced"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sale]:
        rows: QuerySet[Sale] = super().get_queryset(request)
        open_prices = Count("prices", filter=Q(prices__ended_at=None), distinct=True)
        return rows.prefetch_related("categories", "products").annotate(open_prices=open_prices)

    @admin.display(description="State")
    def state(self, sale: Sale) -> SafeString:
        return state_of(sale)

    @admin.display(description="In words")
    def what(self, sale: Sale) -> str:
        return sale_in_words(sale) if sale.pk else "Shown here once it is saved."

    @admin.display(description="Variants reduced now", ordering="open_prices")
    def reduced(self, sale: Any) -> int:
        return int(getattr(sale, "open_prices", 0))
