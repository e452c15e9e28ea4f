"""What was released, and whether backups could be restored."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.safestring import SafeString

from adminpanel.site import ReadOnlyAdmin, state_column
from shop.operations.models import Release, RestoreDrill


@admin.register(RestoreDrill)
class RestoreDrillAdmin(ReadOnlyAdmin):
    history_in = "A drill tells everything itself: what it restored, how long that took, and what was found."
    list_display = [
        state_column("outcome", {"good": "good", "failed": "bad", "running": "warn"}),
        *("began_at", "minutes_taken", "as_of", "rows", "source", "sentinel_short"),
    ]
    list_filter = ["outcome"]
    fields = ["outcome", "words", "began_at", "ended_at", "minutes_taken", "source", "as_of", "rows", "sentinel"]
    readonly_fields = ["minutes_taken"]

    @admin.display(description="Minutes")
    def minutes_taken(self, drill: RestoreDrill) -> str:
        return "" if drill.minutes is None else f"{drill.minutes:.1f}"

    @admin.display(description="Sentinel")
    def sentinel_short(self, drill: RestoreDrill) -> str:
        return drill.sentinel[:80]


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    history_in = "A release is written once, when it is over."
    list_display = [
        state_column("outcome", {"live": "good", "rolled back": "warn", "failed": "bad"}),
        *("stage", "kind", "build", "commit_short", "began_at", "ended_at", "migration_count", "who"),
    ]
    list_filter = ["outcome"]
    fields = [
        *("outcome", "stage", "kind", "build", "commit", "who", "began_at", "ended_at"),
        *("zip_bytes", "zip_sha256", "migrations", "said"),
    ]
    readonly_fields = ["said"]

    @admin.display(description="Commit", ordering="commit")
    def commit_short(self, release: Release) -> str:
        return release.commit[:10]

    @admin.display(description="Migrations")
    def migration_count(self, release: Release) -> int:
        return len(release.migrations)

    @admin.display(description="The last it said")
    def said(self, release: Release) -> SafeString | Any:
        return format_html("<pre>{}</pre>", release.log)
