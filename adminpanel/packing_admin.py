"""Packing: the queue by the day each order has to leave, and the page at the packing table."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe
from unfold.decorators import action

from adminpanel.packing_form import LackForm, lack_forms
from adminpanel.person import signed_in
from adminpanel.previews import CONFIRMED, Look, Row, preview
from adminpanel.site import ReadOnlyAdmin, state_column, status
from shop.catalog.renditions import media_url
from shop.core import clock
from shop.core.errors import ShopError
from shop.core.numbers import secret_key
from shop.packing.finishing import Finished, finish
from shop.packing.models import URGENT_FIRST, PackingTask
from shop.packing.papers import slips
from shop.packing.scanning import find_task, scan, take_out
from shop.packing.services import OPEN, why_held
from shop.packing.waves import make_wave, next_task
from shop.returns.models import Return

STATES = {"waiting": "warn", "packing": "warn", "packed": "good", "failed": "bad", "cancelled": ""}
SCANS = 30
MOST_SLIPS = 100
MAY_PACK = "shop.change_packingtask"
WAVE = Look(
    "pick_together",
    "Pick these together?",
    "They become a wave: one walk along the bins, with a pick list and slips. An order can leave the wave again.",
    ("Order", "Task", "Location"),
    "Is picked",
    "Make the wave",
)


class QueueFilter(admin.SimpleListFilter):
    """Without a choice: what somebody has still to do."""

    title = "state"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("late", "To pack, late"), ("packed", "Packed"), ("failed", "Nothing to pack"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": "To pack",
        }
        yield from list(super().choices(changelist))[1:]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if chosen == "all":
            return queryset
        if chosen in ("packed", "failed"):
            return queryset.filter(state=chosen)
        waiting = queryset.filter(state__in=OPEN)
        return waiting.filter(send_by__lt=timezone.localdate(clock.now())) if chosen == "late" else waiting


@admin.register(PackingTask)
class PackingTaskAdmin(ReadOnlyAdmin):
    history_in = (
        "The page of the task tells every scan, who made it and what came of it; the page of its order the rest."
    )
    list_display = ["order_number", "pieces", "leaves", state_column("state", STATES), "location", "number", "wave"]
    list_display_links = ["order_number"]
    list_filter = [QueueFilter, "location", "send_by"]
    list_select_related = ["order", "location", "wave"]
    search_fields = ["=number", "=order__number", "=wave__number", "lines__order_line__variant__sku__istartswith"]
    search_help_text = "Number of the order, task or wave, or a SKU"
    ordering = URGENT_FIRST
    list_before_template = "adminpanel/packing/find.html"
    actions = ["pick_together", "print_slips"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PackingTask]:
        rows: QuerySet[PackingTask] = super().get_queryset(request)
        return rows.prefetch_related("lines", "order__holds")

    def get_urls(self) -> list[URLPattern]:
        def address(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(route, guarded, name=name)

        return [
            address("find/", require_safe(self.find_view), "shop_packing_find"),
            address("slips/", require_safe(self.slips_view), "shop_packing_slips"),
            address("<int:task_id>/out/", require_POST(self.out_view), "shop_packing_out"),
            address("<int:task_id>/finish/", require_POST(self.finish_view), "shop_packing_finish"),
            *super().get_urls(),
        ]

    def find_view(self, request: HttpRequest) -> HttpResponse:
        """The slip that was scanned leads to its task."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        code = request.GET.get("code", "")
        if task := find_task(code):
            return HttpResponseRedirect(page_of(task))
        if parent := Return.objects.named(code):
            return HttpResponseRedirect(reverse("admin:shop_return_change", args=[parent.pk]))
        messages.error(request, f"No packing task, order or return has the number “{code[:40]}”.")
        return HttpResponseRedirect(reverse("admin:shop_packingtask_changelist"))

    def has_pack_permission(self, request: HttpRequest) -> bool:
        """Whether this person packs, and does not only look."""
        return request.user.has_perm(MAY_PACK)

    @action(description="Pick together: make a wave", permissions=["pack"])
    def pick_together(self, request: HttpRequest, queryset: QuerySet[PackingTask]) -> HttpResponse | None:
        """The chosen tasks that wait become a wave, after a look at them."""
        if CONFIRMED not in request.POST:
            tasks = list(queryset.select_related("order", "location", "wave")[:MOST_SLIPS])
            return preview(self, request, WAVE, [Row(task.pk, task_cells(task), why_no_wave(task)) for task in tasks])
        try:
            wave = make_wave(task_ids=list(queryset.values_list("pk", flat=True)), actor=signed_in(request))
        except ShopError as refused:
            messages.error(request, str(refused))
            return None
        return HttpResponseRedirect(reverse("admin:shop_wave_change", args=[wave.pk]))

    @action(description="Print packing slips", permissions=["view"])
    def print_slips(self, request: HttpRequest, queryset: QuerySet[PackingTask]) -> HttpResponse:
        """A page with the slips of the chosen tasks."""
        chosen = ",".join(str(pk) for pk in queryset.values_list("pk", flat=True)[:MOST_SLIPS])
        return HttpResponseRedirect(f"{reverse('admin:shop_packing_slips')}?tasks={chosen}")

    def slips_view(self, request: HttpRequest) -> HttpResponse:
        """A slip for each of the tasks named."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        named = [int(pk) for pk in request.GET.get("tasks", "").split(",") if pk.isdecimal() and len(pk) < 18]
        tasks = PackingTask.objects.filter(pk__in=named[:MOST_SLIPS]).select_related("order", "location", "wave")
        found = slips(list(tasks.order_by(*URGENT_FIRST)))
        alone = found[0].task if len(found) == 1 else None
        context = {
            **self.admin_site.each_context(request),
            "title": f"Packing slip {alone.order.number}" if alone else "Packing slips",
            "slips": found,
            "back": page_of(alone) if alone else reverse("admin:shop_packingtask_changelist"),
            "back_name": "Back to the parcel" if alone else "Back to packing",
        }
        return TemplateResponse(request, "adminpanel/packing/slips.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The packing table; posting to it is a scan."""
        if not self.has_view_permission(request) or (request.method == "POST" and not request.user.has_perm(MAY_PACK)):
            raise PermissionDenied
        task = self.existing(request, object_id)
        if request.method != "POST":
            return self.page(request, task)
        try:
            scan(task=task, code=request.POST.get("code", ""), actor=signed_in(request), key=key_of(request))
        except ShopError as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(request.path)

    def out_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """A piece leaves the parcel again."""
        task = wanted(request, task_id)
        line = request.POST.get("line", "")
        try:
            take_out(
                task=task, line_id=int(line) if line.isdecimal() and len(line) < 18 else 0, actor=signed_in(request)
            )
        except ShopError as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(page_of(task))

    def finish_view(self, request: HttpRequest, task_id: int) -> HttpResponse:
        """The parcel is closed; the page again where nobody said what becomes of a piece that is not in it."""
        task = wanted(request, task_id)
        forms = lack_forms(task, request.POST)
        if all(form.is_valid() for form in forms):
            try:
                done = finish(task=task, lacks={form.line.pk: form.lack() for form in forms}, actor=signed_in(request))
            except ShopError as refused:
                messages.error(request, str(refused))
                return HttpResponseRedirect(page_of(task))
            tell(request, task, done)
            following = next_task(task)
            queue = reverse("admin:shop_packingtask_changelist")
            return HttpResponseRedirect(page_of(following) if following else queue)
        return self.page(request, task, forms)

    def page(self, request: HttpRequest, task: PackingTask, forms: list[LackForm] | None = None) -> HttpResponse:
        """The task with all its lines; with the forms that were refused, if there are any."""
        context = {
            **self.admin_site.each_context(request),
            **task_facts(task),
            "title": f"Pack order {task.order.number}",
            "opts": self.opts,
            "forms": forms if forms is not None else lack_forms(task),
            "refused": forms is not None,
            "may_pack": task.state in OPEN and request.user.has_perm(MAY_PACK),
            "key": secret_key(),
        }
        return TemplateResponse(request, "adminpanel/packing/task.html", context, status=422 if forms else 200)

    @admin.display(description="Order", ordering="order__number")
    def order_number(self, task: PackingTask) -> str:
        return task.order.number

    @admin.display(description="Pieces")
    def pieces(self, task: PackingTask) -> str:
        lines = task.lines.all()
        packed, wanted = sum(line.packed for line in lines), sum(line.quantity for line in lines)
        return f"{packed} of {wanted}" if packed else str(wanted)

    @admin.display(description="Leaves by", ordering="send_by")
    def leaves(self, task: PackingTask) -> SafeString | str:
        held = [hold for hold in task.order.holds.all() if hold.lifted_at is None]
        if held and task.state in OPEN:
            return status(f"On hold: {why_held(held)}", "bad")
        if task.send_by is None:
            return ""
        day = f"{task.send_by:%a %-d %b}"
        late = task.state in OPEN and task.send_by < timezone.localdate(clock.now())
        return status(f"{day}, late", "bad") if late else format_html("{}", day)


def task_cells(task: PackingTask) -> tuple[str, str, str]:
    """A task as a look at many shows it."""
    return task.order.number, task.number, str(task.location)


def why_no_wave(task: PackingTask) -> str:
    """Why a new wave leaves it out; empty where it takes it."""
    if task.state != PackingTask.State.WAITING:
        return f"It is {task.get_state_display().lower()}."
    return f"It is in wave {task.wave.number}." if task.wave else ""


def task_facts(task: PackingTask) -> dict[str, Any]:
    """What the page shows of a task, in four queries however long it is."""
    lines = task.lines.select_related("order_line", "reservation__level").order_by(
        "reservation__level__bin", "order_line__sku"
    )
    rows = [(line, media_url(line.order_line.image) if line.order_line.image else "") for line in lines]
    wanted, packed = sum(line.quantity for line, _ in rows), sum(line.packed for line, _ in rows)
    scans = list(task.scans.select_related("actor")[:SCANS])
    holds = list(task.order.holds.standing())
    return {
        "task": task,
        "order": task.order,
        "rows": rows,
        "wanted": wanted,
        "packed": packed,
        "state_kind": STATES[task.state],
        "scans": scans,
        "last": scans[0] if scans else None,
        "held": why_held(holds),
        "is_late": bool(task.send_by and task.send_by < timezone.localdate(clock.now())),
    }


def tell(request: HttpRequest, task: PackingTask, done: Finished) -> None:
    """What came of closing the parcel."""
    number = task.order.number
    if done.is_called_off:
        messages.warning(request, f"Nothing of order {number} could be packed: it is cancelled and refunded.")
    elif done.shipment is None:
        messages.warning(request, f"Nothing of order {number} was packed.")
    else:
        messages.success(request, f"Order {number}: parcel {done.shipment.number} is packed.")
    for refund in () if done.is_called_off else done.refunds:
        messages.info(request, f"{refund.total} go back for what is not in it.")


def wanted(request: HttpRequest, task_id: int) -> PackingTask:
    """The task, for somebody who may pack."""
    if not request.user.has_perm(MAY_PACK):
        raise PermissionDenied
    return get_object_or_404(PackingTask.objects.select_related("order"), pk=task_id)


def key_of(request: HttpRequest) -> str:
    return request.POST.get("key", "").replace("\0", "")[:40]


def page_of(task: PackingTask) -> str:
    return reverse("admin:shop_packingtask_change", args=[task.pk])
