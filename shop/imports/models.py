"""Files that staff bring in: read whole first, then written, and resumed where they stopped."""

from django.conf import settings
from django.db import models

from shop.core.models import TimeStamped


class DataImport(TimeStamped):
    """One uploaded file. Nothing of it is written before all of it was found right."""

    class Kind(models.TextChoices):
        VARIANTS = "variants", "Products and variants"
        STOCK = "stock", "Stock"
        SOURCES = "sources", "Suppliers' prices"

    class State(models.TextChoices):
        CHECKING = "checking", "Being checked"
        REFUSED = "refused", "Has errors"
        CHECKED = "checked", "Ready"
        RUNNING = "running", "Being written"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING, db_index=True)
    file_name = models.CharField(max_length=120)
    content = models.BinaryField(help_text="The rows as CSV, UTF-8, whatever was uploaded")
    rows = models.PositiveIntegerField(default=0)
    # Rows written so far: where a run goes on after it was interrupted.
    written = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    # [[sku, column, before, after], ...]: some of what changes, for whoever decides.
    sample = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name, verbose_name_plural = "import", "import and export"

    def __str__(self) -> str:
        return self.file_name

    @property
    def document(self) -> str:
        """What ledger and history call it."""
        return f"IMPORT-{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether it can still be called off."""
        return self.state in (self.State.CHECKED, self.State.RUNNING)


class ImportProblem(models.Model):
    """Why one row of a file cannot be written, in words. Rows are counted as a spreadsheet does: the heading is 1."""

    parent = models.ForeignKey(DataImport, models.CASCADE, related_name="problems")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=60, blank=True)
    message = models.CharField(max_length=300)

    class Meta:
        ordering = ["row", "pk"]

    def __str__(self) -> str:
        return f"Row {self.row}: {self.message}"
