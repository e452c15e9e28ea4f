"""A purchase order as its supplier sees it, through a signed link and without an account."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from shop.catalog.models import ProductImage
from shop.core.errors import ShopError
from shop.core.http import personal_page, same_origin_post, see_other
from shop.core.uploads import limit_upload
from shop.suppliers.answering import AnswerRefused, confirm, propose, save_for_later
from shop.suppliers.files import LARGEST, TOO_LARGE, keep
from shop.suppliers.forms import AnswerForm, LinesForm, ProposalForm
from shop.suppliers.links import Link, LinkRefused, follow
from shop.suppliers.moves import State, Who
from shop.suppliers.ordering import goods_total
from shop.suppliers.purchase_models import Channel, PurchaseOrder, PurchaseProposal
from shop.suppliers.sheets import SheetRefused, read_answer, sheet

TOLD = {
    "saved": "Saved for later. Nothing is confirmed yet.",
    "confirmed": "Thank you, the order is confirmed.",
    "proposed": "Thank you. We look at your proposal and answer by mail.",
    "uploaded": "Thank you, we have your file.",
}
Page = Callable[[HttpRequest, Link], HttpResponse]


def by_link(page: Page) -> Callable[[HttpRequest, str], HttpResponseBase]:
    """The page gets the order that the address is for; an address that is not good gets words instead."""

    @personal_page
    @same_origin_post
    @wraps(page)
    def view(request: HttpRequest, token: str) -> HttpResponse:
        try:
            link = follow(token)
        except LinkRefused as refused:
            return render(request, "shop/suppliers/refused.html", {"words": str(refused)}, status=refused.status)
        response = page(request, link)
        # The address is a key: nobody else is to learn it from a link that is followed from here.
        response.headers["Referrer-Policy"] = "same-origin"
        return response

    return view


@by_link
def order(request: HttpRequest, link: Link) -> HttpResponse:
    """The order; a POST saves, confirms or proposes, as its button says."""
    if request.method in ("GET", "HEAD"):
        return shown(request, link, told=TOLD.get(request.GET.get("done", ""), ""))
    steps: dict[str, Page] = {"save": save, "confirm": confirmed, "propose": proposed}
    step = steps.get(request.POST.get("do", ""))
    if request.method != "POST" or step is None:
        return shown(request, link, problem="Use one of the buttons of this page.", status=400)
    try:
        return step(request, link)
    except ShopError as refused:
        return shown(request, Link(fresh(link), link.until), problem=str(refused), status=409)


def save(request: HttpRequest, link: Link) -> HttpResponse:
    form = AnswerForm(link.order, lines_of(link.order), request.POST)
    save_for_later(link.order.pk, form.typed())
    return done(link, request, "saved")


def confirmed(request: HttpRequest, link: Link) -> HttpResponse:
    form = AnswerForm(link.order, lines_of(link.order), request.POST)
    if form.is_valid():
        try:
            confirm(link.order.pk, form.answers(), Who(Channel.LINK))
        except AnswerRefused as refused:
            by_field(form, refused)
        else:
            return done(link, request, "confirmed")
    return shown(request, link, form=form, status=422)


def proposed(request: HttpRequest, link: Link) -> HttpResponse:
    form = ProposalForm(link.order, lines_of(link.order), request.POST)
    if form.is_valid():
        wanted = form.proposals()
        if not wanted:
            form.add_error(None, "Fill in what you propose for at least one line.")
            return shown(request, link, proposal=form, status=422)
        try:
            propose(link.order.pk, wanted, Who(Channel.LINK))
        except AnswerRefused as refused:
            form.refuse(refused.problems)
        else:
            return done(link, request, "proposed")
    return shown(request, link, proposal=form, status=422)


def by_field(form: AnswerForm, refused: AnswerRefused) -> None:
    """Reasons that are about the day stand beside the day."""
    for pk, words in refused.problems.items():
        about_day = f"d{pk}" in form.fields and ("day" in words or "arrive" in words)
        form.add_error(f"{'d' if about_day else 'q'}{pk}", words)


@by_link
@require_POST
def upload(request: HttpRequest, link: Link) -> HttpResponse:
    """An invoice or another paper; or, from the field `sheet`, the answer as a CSV file."""
    limit = limit_upload(request, LARGEST)
    name = "sheet" if "sheet" in request.FILES else "paper"
    file: Any = request.FILES.get(name)
    if limit.exceeded:
        return shown(request, link, problem=TOO_LARGE, status=413)
    if file is None:
        return shown(request, link, problem="Choose a file first.", status=422)
    content = file.read()
    try:
        if name == "sheet":
            confirm(link.order.pk, read_answer(link.order, content), Who(Channel.CSV))
            return done(link, request, "confirmed")
        keep(link.order.pk, name=str(file.name), content=content, who=Who(Channel.LINK))
    except SheetRefused as refused:
        return shown(request, link, problem="Nothing was taken from the file.", problems=refused.problems, status=422)
    except AnswerRefused as refused:
        problems = [f"{name_of(link.order, pk)}: {words}" for pk, words in refused.problems.items()]
        return shown(request, link, problem="Nothing was taken from the file.", problems=problems, status=422)
    except ShopError as refused:
        return shown(request, link, problem=str(refused), status=422)
    return done(link, request, "uploaded")


@by_link
@require_safe
def as_pdf(request: HttpRequest, link: Link) -> HttpResponse:
    # The library is large: a process that prints nothing never loads it.
    from shop.suppliers.order_pdf import pdf  # noqa: PLC0415

    return download(pdf(link.order), "application/pdf", f"{link.order.number}.pdf")


@by_link
@require_safe
def as_csv(request: HttpRequest, link: Link) -> HttpResponse:
    return download(sheet(link.order).encode(), "text/csv; charset=utf-8", f"{link.order.number}.csv")


def download(content: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def shown(
    request: HttpRequest,
    link: Link,
    *,
    form: LinesForm | None = None,
    proposal: LinesForm | None = None,
    status: int = 200,
    **told: Any,
) -> HttpResponse:
    """The page. told: what happened before it, as the template names it."""
    purchase = link.order
    lines = lines_of(purchase)
    context = {
        "purchase": purchase,
        "until": link.until,
        "token": request.resolver_match.kwargs["token"] if request.resolver_match else "",
        "lines": lines,
        "proposals": last_proposals(purchase),
        "form": form or (AnswerForm(purchase, lines) if purchase.state == State.SENT else None),
        "proposal": proposal or (ProposalForm(purchase, lines) if purchase.state in PurchaseOrder.EXPECTED else None),
        "total": goods_total(purchase),
        "files": purchase.files.defer("content"),
        "megabytes": LARGEST // 1_000_000,
        **told,
    }
    return render(request, "shop/suppliers/order.html", context, status=status)


def lines_of(purchase: PurchaseOrder) -> list[Any]:
    """With the picture of each. Two queries."""
    lines: list[Any] = list(purchase.lines.select_related("variant"))
    pictures = pictures_of({line.variant.product_id for line in lines})
    for line in lines:
        line.picture = pictures.get((line.variant.product_id, line.variant.colour_id))
    return lines


def pictures_of(product_ids: set[int]) -> dict[tuple[int, int | None], ProductImage]:
    """The first picture of each product in each colour."""
    images = ProductImage.objects.filter(product__in=product_ids).exclude(renditions={})
    found: dict[tuple[int, int | None], ProductImage] = {}
    for image in images.order_by("position", "pk"):
        found.setdefault((image.product_id, image.colour_id), image)
    return found


def last_proposals(purchase: PurchaseOrder) -> dict[int, PurchaseProposal]:
    """The newest that the supplier made of each line, by the line's row."""
    made = PurchaseProposal.objects.filter(line__order=purchase).exclude(channel=Channel.STAFF).order_by("pk")
    return {proposal.line_id: proposal for proposal in made}


def name_of(purchase: PurchaseOrder, pk: int) -> str:
    line = purchase.lines.filter(pk=pk).first()
    return line.description if line else f"line {pk}"


def fresh(link: Link) -> PurchaseOrder:
    return PurchaseOrder.objects.select_related("supplier", "location").get(pk=link.order.pk)


def done(link: Link, request: HttpRequest, what: str) -> HttpResponse:
    assert request.resolver_match is not None
    token = request.resolver_match.kwargs["token"]
    return see_other(f"{reverse('supplier-order', args=[token])}?done={what}")
