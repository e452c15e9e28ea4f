"""Products and their pictures."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import F, Max, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from adminpanel.bulk_actions import Asked, CategoryForm, PublishForm, TakeOutForm, ask, products_asked
from adminpanel.fields import LinesField
from adminpanel.grid.views import RIGHTS, grid_page
from adminpanel.showing import FormerStates
from adminpanel.site import StaffInline, status, thumbnail
from shop.activity.services import DAYS, words_of_product
from shop.catalog import images, listings
from shop.catalog.models import Product, ProductImage, ProductVariant
from shop.catalog.renditions import media_url, smallest
from shop.core import clock, uploads
from shop.core.errors import ShopError
from shop.core.money import format_money
from shop.events.services import emit
from shop.warehouse.models import StockLevel


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    fabrics = LinesField(required=False, help_text="One to a line, such as 100% linen")
    care = LinesField(required=False, help_text="One to a line, such as Wash at 30 degrees")

    class Meta:
        model = Product
        exclude: list[str] = []


class ImageForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ProductImage
        fields = ["file", "colour", "alt", "position"]
        widgets = {"file": forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"})}
        help_texts = {"file": uploads.beside_field("JPEG, PNG or WebP", images.MAX_BYTES)}

    def clean_file(self) -> Any:
        """The picture without its metadata. The whole file is read: a damaged one is refused here, beside its field."""
        file = self.cleaned_data["file"]
        if isinstance(file, UploadedFile):
            try:
                return images.without_metadata(file)
            except ShopError as refusal:
                raise ValidationError(str(refusal), code="picture") from refusal
        return file


class ImageInline(StaffInline):
    model = ProductImage
    form = ImageForm
    fields = ["preview", "file", "colour", "alt", "position"]
    readonly_fields = ["preview"]
    verbose_name = "picture"

    @admin.display(description="Picture")
    def preview(self, image: ProductImage) -> SafeString | str:
        if not image.renditions:
            return "-"
        url = media_url(smallest(image.renditions))
        return format_html('<img class="preview" src="{}" alt="{}" width="96" height="120">', url, image.alt)


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Live"), ("scheduled", "Scheduled"), ("draft", "Draft")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """live and scheduled part at this moment; a draft has no moment."""
        match self.value():
            case "live":
                return queryset.filter(published_at__lte=clock.now())
            case "scheduled":
                return queryset.filter(published_at__gt=clock.now())
            case "draft":
                return queryset.filter(published_at=None)
        return queryset


def with_figures(products: QuerySet[Product]) -> QuerySet[Any]:
    """Adds what the list shows: first picture, lowest and highest price, units on hand. No query per row."""
    variants = ProductVariant.objects.filter(product=OuterRef("pk"), is_active=True).order_by().values("product")
    levels = StockLevel.objects.filter(variant__product=OuterRef("pk")).order_by().values("variant__product")
    pictures = ProductImage.objects.filter(product=OuterRef("pk")).order_by("position", "pk")
    return products.annotate(
        low_price=Subquery(variants.annotate(found=Min("price")).values("found")),
        high_price=Subquery(variants.annotate(found=Max("price")).values("found")),
        price_currency=Subquery(variants.annotate(found=Min("currency")).values("found")),
        units=Coalesce(Subquery(levels.annotate(found=Sum(F("on_hand"))).values("found")), 0),
        picture=Subquery(pictures.values("renditions")[:1]),
    )


PUBLISH = Asked("publish", "Put into the shop", "product", PublishForm, products_asked)
TAKE_OUT = Asked("take_out", "Take out of the shop", "product", TakeOutForm, products_asked)
MOVE = Asked("move", "Move to a category", "product", CategoryForm, products_asked)


@admin.register(Product)
class ProductAdmin(FormerStates):
    from_product = "pk"
    on_every_page = False
    form = ProductForm
    list_display = ["thumb", "name", "category", "prices", "stock", "state", "variants_link"]
    list_display_links = ["name"]
    list_filter = [StateFilter, "department", "category"]
    list_select_related = ["category"]
    search_fields = ["@name", "^slug", "variants__sku__istartswith"]
    search_help_text = "How words of the name, the address or a SKU begin"
    autocomplete_fields = ["category", "size_chart"]
    readonly_fields = ["came_back", "last_days"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [ImageInline]
    actions_detail = ["open_grid"]
    actions = ["publish", "take_out", "move"]
    fieldsets = [
        ("What it is", {"fields": ["name", "slug", "category", "department", "description"]}),
        ("Cloth and fit", {"fields": ["fabrics", "care", "fit", "came_back", "size_chart"]}),
        ("To send it", {"fields": ["weight_grams", "volume_cm3"]}),
        ("In the shop", {"fields": ["tax_class", "published_at", "last_days"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Product]:
        products: QuerySet[Product] = super().get_queryset(request)
        return with_figures(products)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(grid_page)
        return [path("<int:product_id>/grid/", view, name="shop_product_grid"), *super().get_urls()]

    def has_grid_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """Whether this person may create and change variants."""
        return request.user.has_perms(RIGHTS)

    @action(description="Sizes, colours and prices", url_path="to-grid", permissions=["grid"], icon="grid_on")
    def open_grid(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:shop_product_grid", args=[object_id]))

    @action(description="Put into the shop", permissions=["change"])
    def publish(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return ask(self, request, queryset, PUBLISH)

    @action(description="Take out of the shop", permissions=["change"])
    def take_out(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return ask(self, request, queryset, TAKE_OUT)

    @action(description="Move to a category", permissions=["change"])
    def move(self, request: HttpRequest, queryset: QuerySet[Product]) -> HttpResponse | None:
        return ask(self, request, queryset, MOVE)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """A new product has no variants yet: go on to its grid."""
        response: HttpResponse = super().response_add(request, obj, post_url_continue)
        others = {"_addanother", "_continue", "_popup"} & set(request.POST)
        if others or not self.has_grid_permission(request):
            return response
        return HttpResponseRedirect(reverse("admin:shop_product_grid", args=[obj.pk]))

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Saved whole, with its pictures, or not at all."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except images.NotStored as refusal:
            self.message_user(request, f"Nothing was saved. {refusal}", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Raises NotStored."""
        try:
            super().save_formset(request, form, formset, change)
        except OSError as error:
            raise images.NotStored from error

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Pictures are made and the shop's pages brought up to date once everything is stored."""
        super().save_related(request, form, formsets, change)
        product = form.instance
        emit("ProductChanged", {"product_id": product.pk, "slug": product.slug, "reason": "edited"})
        uploaded = [
            row.instance.pk
            for formset in formsets
            for row in formset.forms
            if isinstance(row.instance, ProductImage) and row.instance.pk
            # One whose renditions could not be stored before is tried again.
            if "file" in row.changed_data or not row.instance.renditions
        ]
        transaction.on_commit(partial(self.bring_up_to_date, request, product.pk, uploaded))

    def bring_up_to_date(self, request: HttpRequest, product_id: int, uploaded: list[int]) -> None:
        """Renditions of the new pictures, then the listing; a picture that fails is named, the rest stays saved."""
        for image in ProductImage.objects.filter(pk__in=uploaded):
            try:
                images.make_renditions(image)
            except ShopError as refusal:
                self.message_user(request, f"{image.alt}: {refusal}", messages.ERROR)
        listings.refresh([product_id])

    @admin.display(description="Came back for its size")
    def came_back(self, product: Product) -> str:
        return product.sent_back.figures

    @admin.display(description=f"The last {DAYS} days")
    def last_days(self, product: Product) -> str:
        return words_of_product(product.pk) if product.pk else "-"

    @admin.display(description="Picture")
    def thumb(self, product: Any) -> SafeString:
        return thumbnail(product.picture)

    @admin.display(description="Price", ordering="low_price")
    def prices(self, product: Any) -> str:
        if product.low_price is None:
            return "-"
        low, high = (format_money(amount, product.price_currency) for amount in (product.low_price, product.high_price))
        return low if low == high else f"{low} to {high}"

    @admin.display(description="Stock", ordering="units")
    def stock(self, product: Any) -> int:
        return int(product.units)

    @admin.display(description="State", ordering="published_at")
    def state(self, product: Product) -> SafeString:
        if product.published_at is None:
            return status("Draft", "")
        return status("Live", "good") if product.published_at <= clock.now() else status("Scheduled", "warn")

    @admin.display(description="Variants")
    def variants_link(self, product: Product) -> SafeString:
        return format_html('<a class="link" href="{}">Grid</a>', reverse("admin:shop_product_grid", args=[product.pk]))
