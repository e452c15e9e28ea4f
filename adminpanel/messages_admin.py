"""What the shop told others: events on their way, and mails."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import action

from adminpanel.history import note_changes
from adminpanel.long_lists import RecentValuesFilter
from adminpanel.person import signed_in
from adminpanel.site import ReadOnlyAdmin, state_column, status
from shop.core import clock
from shop.events.models import OutboxEvent
from shop.mail.models import MailRefusal, OutgoingMail

OUTCOMES = {"delivered": "good", "bounced": "bad", "complained": "bad", "soft": "warn"}


class QueueAdmin(ReadOnlyAdmin):
    """Rows of a queue: read only, but those who may change them can have some tried again."""

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this person may put rows back into the queue."""
        return request.user.has_perm(f"shop.change_{self.opts.model_name}")


@admin.register(OutboxEvent)
class OutboxEventAdmin(QueueAdmin):
    history_in = "The relay writes its tries into the event; what staff did is told here."
    list_display = [
        "name",
        state_column("state", {"published": "good", "dead": "bad", "pending": "warn"}),
        "created_at",
        "attempts",
        "next_attempt_at",
        "last_error_short",
    ]
    list_filter = ["state", ("name", RecentValuesFilter)]
    search_fields = ["name", "detail__number"]
    actions = ["retry"]

    @action(description="Try to publish again", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[OutboxEvent]) -> None:
        """Dead events go back to the queue with their attempts forgotten; the others stay as they are."""
        dead = list(queryset.filter(state=OutboxEvent.State.DEAD))
        again = OutboxEvent.objects.filter(pk__in=[event.pk for event in dead], state=OutboxEvent.State.DEAD)
        count = again.update(state=OutboxEvent.State.PENDING, attempts=0, republished=0, next_attempt_at=clock.now())
        note_changes(request, dead, ("State", str(OutboxEvent.State.DEAD.label), str(OutboxEvent.State.PENDING.label)))
        tell(self, request, count, "event will be published again", "events will be published again")

    @admin.display(description="Last error")
    def last_error_short(self, event: OutboxEvent) -> str:
        return event.last_error[:80]


@admin.register(OutgoingMail)
class OutgoingMailAdmin(QueueAdmin):
    history_in = "The mailer writes its tries into the mail; what staff did is told here."
    list_display = [
        "subject",
        "to",
        state_column("state", {"sent": "good", "failed": "bad", "pending": "warn", "withheld": "bad"}),
        "became",
        "created_at",
        "sent_at",
        "attempts",
    ]
    list_filter = ["state", "outcome"]
    search_fields = ["to", "key", "subject"]
    fields = [
        *("subject", "to", "key", "state", "created_at", "sent_at", "attempts", "last_error"),
        *("outcome", "outcome_at", "outcome_words", "words"),
    ]
    actions = ["resend"]

    @admin.display(description="Outcome", ordering="outcome")
    def became(self, mail: OutgoingMail) -> SafeString | str:
        """What the mail service told of it, if anything."""
        return status(mail.get_outcome_display(), OUTCOMES[mail.outcome]) if mail.outcome else ""

    @admin.display(description="Text")
    def words(self, mail: OutgoingMail) -> str:
        """Not of a mail about an account: whoever has its link can get into the account."""
        return "Only its reader may see this text." if mail.key.startswith("account:") else mail.text

    @action(description="Send again", permissions=["retry"])
    def resend(self, request: HttpRequest, queryset: QuerySet[OutgoingMail]) -> None:
        """The same mail once more, also one that was sent."""
        waiting = OutgoingMail.State.PENDING
        count = 0
        states = OutgoingMail.State
        for former in (states.SENT, states.FAILED, states.WITHHELD):
            rows = list(queryset.filter(state=former).defer("text", "html"))
            chosen = OutgoingMail.objects.filter(pk__in=[mail.pk for mail in rows], state=former)
            count += chosen.update(state=waiting, attempts=0, next_attempt_at=clock.now())
            note_changes(request, rows, ("State", str(former.label), str(waiting.label)))
        tell(self, request, count, "mail will be sent again", "mails will be sent again")


@admin.register(MailRefusal)
class MailRefusalAdmin(ReadOnlyAdmin):
    history_in = "The row itself tells who lifted it, and when."
    list_display = ["email", "kind", "noted_at", "words", "lifted_at", "lifted_by"]
    list_filter = ["kind", ("lifted_at", admin.EmptyFieldListFilter)]
    list_select_related = ["lifted_by"]
    search_fields = ["email"]
    actions = ["lift"]

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether this person may have mails sent to an address again."""
        return request.user.has_perm("shop.change_mailrefusal")

    @action(description="Lift: send mails there again", permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: QuerySet[MailRefusal]) -> None:
        """Those that still stand are lifted under this person's name."""
        standing = MailRefusal.objects.filter(pk__in=queryset.values("pk"))
        count = standing.lift(signed_in(request))
        if count:
            tell(self, request, count, "address gets mails again", "addresses get mails again")
        else:
            self.message_user(request, "These had been lifted before.", messages.WARNING)


def tell(staff_admin: Any, request: HttpRequest, count: int, one: str, many: str) -> None:
    """A message with the number of rows, or that none was fit for it."""
    if count:
        staff_admin.message_user(request, f"{count} {one if count == 1 else many}.", messages.SUCCESS)
    else:
        staff_admin.message_user(request, "None of these had to be tried again.", messages.WARNING)
