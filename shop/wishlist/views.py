"""The wish list: saving from public pages, the page, and taking off. Guests have one too."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from shop.accounts.visitors import customer
from shop.catalog.models import ProductVariant
from shop.checkout.welcome import brings_along
from shop.core.http import personal_page, plain, same_origin_post, see_other
from shop.wishlist import services
from shop.wishlist.cookies import current_list, remember
from shop.wishlist.entries import entries_of
from shop.wishlist.forms import ItemForm, PieceForm

# A script asks by this header for an answer without a page.
PART = "X-Part"


@personal_page
@brings_along
@require_safe
def wishlist(request: HttpRequest) -> HttpResponse:
    """A guest's wish list; a customer's is one of their account's pages."""
    if customer(request):
        return see_other(reverse("account-wishlist", query=request.GET or None))
    return show(request, "wishlist")


@personal_page
@brings_along
@require_safe
def account_wishlist(request: HttpRequest) -> HttpResponse:
    """A customer's wish list; a guest has one without an account."""
    if not customer(request):
        return see_other(reverse("wishlist", query=request.GET or None))
    return show(request, "account_wishlist")


def show(request: HttpRequest, page: str) -> HttpResponse:
    entries = entries_of(current_list(request))
    saved = request.GET.get("saved", "")
    context = {
        "entries": entries,
        "saved": next((entry for entry in entries if str(entry.item.pk) == saved), None),
        "full": "full" in request.GET,
        "most": services.MAX_ITEMS,
    }
    return render(request, f"shop/wishlist/{page}.html", context)


@personal_page
@same_origin_post
@brings_along
@require_POST
def add(request: HttpRequest) -> HttpResponseBase:
    """Save a piece, or with `remove` take it off again; then to the list, or for a script what has become of it."""
    form = PieceForm(request.POST)
    if not form.is_valid():
        name, errors = next(iter(form.errors.items()))
        return plain(f"{name.strip('_')}: {errors[0]}", 400)
    if "remove" in request.POST:
        return take_off(request, form)
    variant, with_size = wanted(form)
    try:
        wish_list, item = services.save_anywhere(current_list(request), customer(request), variant, with_size=with_size)
    except services.ListFull as error:
        return plain(str(error), 409) if PART in request.headers else to_list(request, full=1)
    response = JsonResponse({"saved": True}) if PART in request.headers else to_list(request, saved=item.pk)
    remember(request, response, wish_list)
    return response


def wanted(form: PieceForm) -> tuple[ProductVariant, bool]:
    """A variant of the piece, and whether it is the size that was asked for. Raises Http404 for what is not sold."""
    choice = form.cleaned_data
    found = ProductVariant.objects.sellable().filter(product=choice["product"], colour__slug=choice["colour"])
    variants = list(found.select_related("size").order_by("size__position", "pk"))
    if not variants:
        raise Http404("This piece is not sold.")
    sized = next((variant for variant in variants if variant.size.name == choice["size"]), None)
    return sized or variants[0], sized is not None


def take_off(request: HttpRequest, form: PieceForm) -> HttpResponseBase:
    """Take a piece off whatever its size; one that is not there is off already."""
    if wish_list := current_list(request):
        piece = {"product_id": form.cleaned_data["product"], "colour__slug": form.cleaned_data["colour"]}
        services.remove(wish_list, **piece)
    return JsonResponse({"saved": False}) if PART in request.headers else to_list(request)


def to_list(request: HttpRequest, **query: int) -> HttpResponse:
    """To the visitor's list."""
    name = "account-wishlist" if customer(request) else "wishlist"
    return see_other(reverse(name, query=query or None))


@personal_page
@require_POST
def remove(request: HttpRequest) -> HttpResponse:
    """Take one line off the visitor's own list; one that is not there is off already."""
    form = ItemForm(request.POST)
    if not form.is_valid():
        return plain("Name the piece to take off.", 400)
    if wish_list := current_list(request):
        services.remove(wish_list, pk=form.cleaned_data["item"])
    return to_list(request)
