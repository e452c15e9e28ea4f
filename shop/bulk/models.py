"""Changes of many rows at once: planned and looked at first, then written, and undone where that is still possible."""

from django.conf import settings
from django.db import models

from shop.core.models import TimeStamped


class BulkChange(TimeStamped):
    """What one person changed in one go, value by value. Nothing is written while it is planned."""

    class State(models.TextChoices):
        PLANNED = "planned", "Not written yet"
        DONE = "done", "Written"
        UNDONE = "undone", "Undone"

    title = models.CharField(max_length=120, help_text="Such as Prices up by 10%")
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED, db_index=True)
    # [[table, row's key, row's name, column, before, after], ...]: shop.bulk.edits.Edit. What was not written is not
    # in it once the change is done.
    edits = models.JSONField(default=list)
    # [[row's name, why], ...]: rows that stay as they are, with the reason.
    refused = models.JSONField(default=list)
    rows = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="bulk_changes")
    written_at = models.DateTimeField(null=True)
    # An undo is such a change itself, so that it stands in the history and can be undone in its turn.
    undoes = models.OneToOneField("self", models.PROTECT, null=True, related_name="undone_by")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def document(self) -> str:
        """What the ledger calls it."""
        return f"BULK-{self.pk}"
