"""Waves: tasks of one location that are picked in one walk."""

from collections.abc import Iterable

from django.db import transaction

from shop.accounts.models import User
from shop.packing.models import PackingTask, Wave
from shop.packing.services import OPEN, NotPackable

# More boxes than a trolley holds.
MOST = 40


@transaction.atomic
def make_wave(*, task_ids: Iterable[int], actor: User | None) -> Wave:
    """A wave of those of the tasks that wait and are in none. Raises NotPackable, with nothing changed."""
    tasks = list(PackingTask.objects.filter(pk__in=list(task_ids)).locked())
    free = [task for task in tasks if task.state == PackingTask.State.WAITING and task.wave_id is None]
    if not free:
        raise NotPackable("None of these waits to be packed outside a wave.")
    if len(free) > MOST:
        raise NotPackable(f"A wave takes {MOST} orders at most; these are {len(free)}.")
    if len({task.location_id for task in free}) > 1:
        raise NotPackable("These lie at different locations. Make a wave for each.")
    wave = Wave.objects.create(location_id=free[0].location_id, created_by=actor)
    PackingTask.objects.filter(pk__in=[task.pk for task in free]).update(wave=wave)
    return wave


def tasks_of(wave: Wave) -> list[PackingTask]:
    """Its tasks as their boxes are numbered: oldest first, what was called off left out."""
    tasks = PackingTask.objects.filter(wave=wave).exclude(state=PackingTask.State.CANCELLED)
    return list(tasks.select_related("order", "location").order_by("pk"))


def next_task(task: PackingTask) -> PackingTask | None:
    """The next one to pack: of the same wave, in the order of its boxes."""
    if task.wave_id is None:
        return None
    return PackingTask.objects.filter(wave=task.wave_id, state__in=OPEN).exclude(pk=task.pk).order_by("pk").first()


def leave_wave(task: PackingTask) -> bool:
    """The task waits in the queue again; False where it is in no wave, or over."""
    return bool(PackingTask.objects.filter(pk=task.pk, state__in=OPEN).exclude(wave=None).update(wave=None))
