"""What the twin remembers of the function's calls."""

from django.db import models
from django.utils import timezone


class Invocation(models.Model):
    """One call of the function. what: the queue, or the schedule, that called; failure: what it raised."""

    at = models.DateTimeField(default=timezone.now)
    what = models.CharField(max_length=100)
    messages = models.PositiveSmallIntegerField(default=0)
    failure = models.TextField(blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        app_label = "sandbox"

    def __str__(self) -> str:
        return f"{self.what}: {self.failure or 'done'}"
