"""What was done to the shop as a whole: releases, and drills that restored its backups."""

from datetime import datetime, timedelta

from django.db import models
from django.db.migrations.recorder import MigrationRecorder

from shop.core import clock


class RestoreDrill(models.Model):
    """One try to restore the shop's database elsewhere and find all of it there."""

    class Outcome(models.TextChoices):
        RUNNING = "running", "Restoring"
        GOOD = "good", "Restored whole"
        FAILED = "failed", "Failed"

    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.RUNNING, db_index=True)
    began_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The name of the scratch database or cluster; it is dropped at the end, and looked for before the next drill.
    scratch = models.CharField(max_length=63)
    source = models.CharField(max_length=300, blank=True, help_text="The dump's file, or the cluster and its moment")
    # The moment that the copy shows.
    as_of = models.DateTimeField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(default=0, help_text="In all tables of the copy")
    sentinel = models.TextField(blank=True, help_text="What the sentinel found in the copy")
    words = models.TextField(blank=True, help_text="What came of it")

    class Meta:
        ordering = ["-began_at", "-pk"]

    def __str__(self) -> str:
        return f"Restore drill of {self.began_at:%-d %B %Y, %H:%M}"

    @property
    def minutes(self) -> float | None:
        """From its begin to its end; None before that."""
        return round((self.ended_at - self.began_at) / timedelta(minutes=1), 1) if self.ended_at else None


class Release(models.Model):
    """One run of `make deploy` or `make rollback`, written by the function itself when it was over."""

    class Outcome(models.TextChoices):
        LIVE = "live", "Live"
        ROLLED_BACK = "rolled back", "Rolled back"
        FAILED = "failed", "Failed"

    # Made up by who deploys: the same run told twice is one row.
    run = models.CharField(max_length=40, unique=True)
    stage = models.CharField(max_length=20)
    kind = models.CharField(max_length=20, help_text="deploy, update, rollback")
    build = models.CharField(max_length=64)
    commit = models.CharField(max_length=40)
    zip_sha256 = models.CharField(max_length=64, blank=True)
    zip_bytes = models.PositiveBigIntegerField(default=0)
    migrations = models.JSONField(default=list, blank=True, help_text="Names of those that it applied")
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, choices=Outcome)
    who = models.CharField(max_length=200)
    log = models.TextField(blank=True, help_text="The last lines of what was said")

    class Meta:
        ordering = ["-began_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.stage} {self.build}"


def last_good_drill() -> datetime | None:
    """When a copy was last found whole; without any, when this database was made; None for one without migrations."""
    good = RestoreDrill.objects.filter(outcome=RestoreDrill.Outcome.GOOD).aggregate(last=models.Max("ended_at"))
    made = MigrationRecorder.Migration.objects.aggregate(first=models.Min("applied"))
    moment: datetime | None = good["last"] or made["first"]
    return moment
