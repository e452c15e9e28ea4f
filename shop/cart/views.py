"""The bag: adding from public pages, the page and the drawer, changes of its lines, and what /me/ tells of it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST, require_safe

from shop.accounts.visitors import customer
from shop.activity.services import note, wants_no_counting
from shop.activity.stores import Kind
from shop.cart import services
from shop.cart.cookies import current_cart, read_key, remember, was_accounts
from shop.cart.forms import AddForm, LineForm
from shop.catalog import snapshot
from shop.catalog.cards import Card, cards_for
from shop.catalog.facets import Wanted
from shop.catalog.models import ProductVariant
from shop.checkout import codes
from shop.checkout.codes import CodeField
from shop.checkout.later import save_for_later
from shop.checkout.quote import quote
from shop.checkout.welcome import brings_along
from shop.core.errors import ShopError
from shop.core.http import personal_page, plain, same_origin_post, see_other
from shop.delivery import services as delivery
from shop.wishlist import cookies as wishes
from shop.wishlist.entries import pieces_on
from shop.wishlist.services import ListFull

# A script asks for the drawer alone by this header, which a redirect carries along.
PART = "X-Part"
# How many pieces an empty bag proposes.
SUGGESTED = 4

# Why somebody was sent back here from the checkout, by `changed` in the address.
CHANGED = {
    "bag": "Your bag changed in another window, so nothing was ordered. Please look it over and go on.",
    "code": "Your voucher code stopped applying while you were checking out, so nothing was ordered.",
    "lines": "Something changed while you were checking out, so nothing was ordered. Please look at your bag again.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused change: of which line, what was typed, and why. Shown beside the field, with the values kept."""

    variant_id: int
    size_id: int
    typed: str
    error: str


@personal_page
@same_origin_post
@require_POST
def add(request: HttpRequest) -> HttpResponseBase:
    """Put something in the bag; where the choice is not made yet, back to the product page to make it."""
    form = AddForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return plain(f"{name}: {errors[0]}", 400)
    if not form.cleaned_data["product"] and not form.cleaned_data["variant"]:
        return plain("Name a product or a variant.", 400)
    found = matching(form.cleaned_data)
    if not found:
        raise Http404("This piece is not sold.")
    if len(found) > 1:
        return back_to_product(found[0], form.cleaned_data, missing="size")
    return put(request, found[0], form.cleaned_data)


def matching(choice: dict[str, Any]) -> list[ProductVariant]:
    """The variants on sale that a filled-in AddForm may mean."""
    wanted = {
        "pk": choice["variant"],
        "product": choice["product"],
        "colour__slug": choice["colour"],
        "size__name": choice["size"],
    }
    named = {name: value for name, value in wanted.items() if value}
    found = ProductVariant.objects.sellable().filter(**named, currency=settings.SHOP_CURRENCY).with_available()
    return list(found.select_related("product", "colour", "size").order_by("colour_id", "size__position"))


def put(request: HttpRequest, variant: ProductVariant, choice: dict[str, Any]) -> HttpResponseBase:
    """Put that variant in this browser's bag and lead there; sold out leads back to the product."""
    try:
        key, whole = services.add_anywhere(read_key(request), variant, choice["quantity"] or 1)
    except services.SoldOut:
        return back_to_product(variant, {**choice, "size": variant.size.name}, missing="stock")
    except services.BagFull:
        return redirect_to_bag(full=1)
    if not wants_no_counting(request):
        note(Kind.ADDED, variant.product_id)
    response = redirect_to_bag() if whole else redirect_to_bag(capped=variant.pk)
    remember(request, response, key)
    return response


def back_to_product(variant: ProductVariant, choice: dict[str, Any], *, missing: str) -> HttpResponse:
    """The product page with what was chosen so far, saying beside the sizes what is missing."""
    chosen = {"colour": choice["colour"] or variant.colour.slug, "size": choice["size"], "missing": missing}
    query = urlencode({name: value for name, value in chosen.items() if value})
    return see_other(f"{variant.product.get_absolute_url()}?{query}#size")


def redirect_to_bag(**query: object) -> HttpResponse:
    return see_other(reverse("cart", query=query or None))


@personal_page
@brings_along
@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """Your bag."""
    return show(request)


@personal_page
@brings_along
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Change one line: quantity, size or both, remove it, or keep it for later."""
    form = LineForm(request.POST)
    form.full_clean()
    variant_id = form.cleaned_data.get("variant")
    if variant_id is None or "size" in form.errors:
        return plain("Name the line to change, and a size of it.", 400)
    bag = services.price(current_cart(request))
    line = next((line for line in bag.lines if line.variant.pk == variant_id), None)
    if line is None:
        # Removed in another window: the bag as it is now says so.
        return redirect_to_bag()
    return set_aside(request, bag, line) if "later" in request.POST else change_line(request, bag, line, form)


def set_aside(request: HttpRequest, bag: services.Bag, line: services.BagLine) -> HttpResponse:
    """Move a line to the wish list; a full one takes nothing, and the line stays."""
    response = redirect_to_bag()
    piece = f"{line.variant.product.name} in {line.variant.colour.name.lower()}"
    try:
        wish_list = save_for_later(bag=bag, line=line, wish_list=wishes.current_list(request), user=customer(request))
    except ListFull as error:
        messages.warning(request, f"{piece} stays in your bag. {error}")
        return response
    wishes.remember(request, response, wish_list)
    words = format_html('{} is on your <a href="{}">wish list</a> now.', piece, reverse("wishlist"))
    messages.success(request, words)
    return response


def change_line(request: HttpRequest, bag: services.Bag, line: services.BagLine, form: LineForm) -> HttpResponse:
    """Do what the form of a line asks, or show the bag with the reason beside its fields."""
    size_id = form.cleaned_data.get("size") or line.variant.pk
    variant = next((size for size in line.sizes if size.pk == size_id), None)
    if variant is None:
        return plain("size: not a size of this piece.", 400)
    try:
        services.change(bag=bag, line=line, variant=variant, quantity=wanted_quantity(request, form))
    except ShopError as error:
        typed = request.POST.get("quantity", "")[:20]
        return show(request, bag, Refusal(line.variant.pk, size_id, typed, str(error)))
    return redirect_to_bag()


@personal_page
@brings_along
@require_POST
def code(request: HttpRequest) -> HttpResponse:
    """Apply the voucher code that was typed, or take the bag's code off."""
    bag = services.price(current_cart(request))
    typed = "" if "remove" in request.POST else request.POST.get("code", "")
    if not typed.strip() and "remove" not in request.POST:
        return show(request, bag, voucher=CodeField(error="Enter a code first."))
    if refused := codes.use(bag, settings.SHOP_COUNTRY, typed, codes.customer_of(request)):
        return show(request, bag, voucher=refused)
    return see_other(f"{reverse('cart')}#voucher")


def wanted_quantity(request: HttpRequest, form: LineForm) -> int:
    """What the form asks for, 0 for removing. Raises ShopError with what is wrong about it."""
    if "remove" in request.POST:
        return 0
    if "quantity" in form.errors:
        raise ShopError(str(form.errors["quantity"][0]))
    return int(form.cleaned_data["quantity"])


def show(
    request: HttpRequest,
    bag: services.Bag | None = None,
    refusal: Refusal | None = None,
    voucher: CodeField | None = None,
) -> HttpResponse:
    """The bag's page, or its drawer for a script that asks for it. voucher: a code that was not taken."""
    bag = bag or services.price(current_cart(request))
    quoted = quote(bag, settings.SHOP_COUNTRY, snapshot.of(request), codes.customer_of(request))
    chosen = quoted.chosen(None)
    context = {
        "bag": bag,
        "refused": refusal is not None or voucher is not None,
        "voucher": voucher or codes.field_of(quoted, request.GET.get("why", "")),
        "rows": [(line, refusal if refusal and refusal.variant_id == line.variant.pk else None) for line in bag.lines],
        "quote": quoted,
        "total": chosen.total if chosen else quoted.charged,
        "tax": chosen.tax if chosen else quoted.tax,
        "delivery": chosen,
        "free": delivery.free_delivery([choice.offer for choice in quoted.choices], quoted.charged.amount),
        "changed": CHANGED.get(request.GET.get("changed", "")),
        "capped": request.GET.get("capped", ""),
        "full": "full" in request.GET,
        "elsewhere": "" if bag.lines or customer(request) else "kept" if was_accounts(request) else "perhaps",
    }
    if request.headers.get(PART) == "drawer":
        response = render(request, "shop/cart/drawer.html", context)
    else:
        context["suggestions"] = [] if bag.lines else newest(snapshot.of(request))
        response = render(request, "shop/cart/cart.html", context)
    services.note_seen(bag)
    return response


def newest(catalogue: snapshot.Snapshot) -> list[Card]:
    """The newest pieces in stock: something to begin an empty bag with."""
    index = catalogue.index
    in_stock = index.matching(Wanted(in_stock=True), index.everything)
    return cards_for(index.page(in_stock, index.orders["newest"], 0, SUGGESTED))


@personal_page
@brings_along
@require_safe
def me(request: HttpRequest) -> JsonResponse:
    """What public pages show of one person: pieces in the bag, and the first name of somebody signed in."""
    found = current_cart(request)
    user = customer(request)
    saved = pieces_on(wishes.current_list(request))
    return JsonResponse(
        {"bag": found.count if found else 0, "name": user.get_short_name() if user else ""}
        | ({"saved": saved} if saved else {})
    )
