"""What the staff site remembers for whoever works in it."""

from django.conf import settings
from django.db import models

from shop.core.models import TimeStamped


class SavedFilter(TimeStamped):
    """A list with its filters, under a name. A shared one is offered to everybody who may see that list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    page = models.CharField(max_length=60, help_text="Name of the list's address, such as shop_order_changelist")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, help_text="What follows the question mark")
    is_shared = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="saved_filter_name_once")]

    def __str__(self) -> str:
        return self.name
