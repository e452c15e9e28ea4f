"""Waves: orders picked in one walk, with the papers that packers print."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from adminpanel.packing_admin import MAY_PACK, STATES
from adminpanel.site import ReadOnlyAdmin, status
from shop.packing.models import PackingTask, Wave
from shop.packing.papers import barcode, picks, slips
from shop.packing.services import OPEN
from shop.packing.waves import leave_wave, tasks_of

OPEN_TASKS = Q(tasks__state__in=OPEN)


class WaveFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "wave"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Being packed"), ("done", "Done")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.filter(left__gt=0)
        return queryset.filter(left=0) if self.value() == "done" else queryset


@admin.register(Wave)
class WaveAdmin(ReadOnlyAdmin):
    history_in = "The wave tells who made it and when; its tasks tell what came of them."
    list_display = ["number", "progress", "location", "created_at", "created_by"]
    list_filter = [WaveFilter, "location"]
    list_select_related = ["location", "created_by"]
    search_fields = ["=number", "=tasks__number", "=tasks__order__number"]
    search_help_text = "Number of the wave, task or order"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Wave]:
        rows: QuerySet[Wave] = super().get_queryset(request)
        live = ~Q(tasks__state=PackingTask.State.CANCELLED)
        return rows.annotate(left=Count("tasks", filter=OPEN_TASKS), of=Count("tasks", filter=live))

    def get_urls(self) -> list[URLPattern]:
        def address(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            guarded: Callable[..., HttpResponse] = self.admin_site.admin_view(view)
            return path(route, guarded, name=name)

        return [
            address("<int:wave_id>/picks/", require_safe(self.picks_view), "shop_wave_picks"),
            address("<int:wave_id>/slips/", require_safe(self.slips_view), "shop_wave_slips"),
            address("<int:wave_id>/leave/", require_POST(self.leave_view), "shop_wave_leave"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The wave with its boxes, and where to go next."""
        if request.method == "POST" or not self.has_view_permission(request):
            raise PermissionDenied
        wave = self.existing(request, object_id)
        tasks = tasks_of(wave)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Wave {wave.number}",
            "opts": self.opts,
            "wave": wave,
            "boxes": [(number, task, STATES[task.state], task.state in OPEN) for number, task in enumerate(tasks, 1)],
            "next": next((task for task in tasks if task.state in OPEN), None),
            "may_pack": request.user.has_perm(MAY_PACK),
        }
        return TemplateResponse(request, "adminpanel/packing/wave.html", context)

    def picks_view(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """What one walk collects, bin by bin."""
        wave = self.seen(request, wave_id)
        tasks = tasks_of(wave)
        found = picks(tasks)
        context = {"wave": wave, "tasks": tasks, "picks": found, "units": sum(pick.units for pick in found)}
        return self.paper(request, "picks", wave, context | {"code": barcode(wave.number)})

    def slips_view(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """The slips of all its parcels."""
        wave = self.seen(request, wave_id)
        return self.paper(request, "slips", wave, {"slips": slips(tasks_of(wave))})

    def leave_view(self, request: HttpRequest, wave_id: int) -> HttpResponse:
        """A task leaves the wave and waits in the queue again."""
        if not request.user.has_perm(MAY_PACK):
            raise PermissionDenied
        pk = request.POST.get("task", "")
        named = PackingTask.objects.filter(pk=pk if pk.isdecimal() and len(pk) < 18 else 0, wave=wave_id)
        if (task := named.first()) and leave_wave(task):
            messages.success(request, f"{task.number} waits in the queue again.")
        return HttpResponseRedirect(reverse("admin:shop_wave_change", args=[wave_id]))

    def seen(self, request: HttpRequest, wave_id: int) -> Wave:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Wave.objects.select_related("location"), pk=wave_id)

    def paper(self, request: HttpRequest, name: str, wave: Wave, context: dict[str, Any]) -> HttpResponse:
        words = {"picks": "Pick list of", "slips": "Packing slips of"}[name]
        back = {"back": reverse("admin:shop_wave_change", args=[wave.pk]), "back_name": f"Back to {wave.number}"}
        title = {"title": f"{words} {wave.number}", **self.admin_site.each_context(request)}
        return TemplateResponse(request, f"adminpanel/packing/{name}.html", {**title, **back, **context})

    @admin.display(description="Packed")
    def progress(self, wave: Any) -> SafeString:
        if not wave.left:
            return status("Done", "good")
        return status(f"{wave.of - wave.left} of {wave.of}", "warn")
