"""The tables behind the default activity adapter. Nothing but shop.activity.stores reads them."""

from django.db import models


class ActivityCount(models.Model):
    """How often something was done with a product on one day; product 0: with none."""

    kind = models.CharField(max_length=10)
    product = models.PositiveBigIntegerField(default=0)
    day = models.DateField()
    units = models.PositiveBigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "kind", "product"], name="counted_once_a_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.product} on {self.day}: {self.units}"


class CountedOnce(models.Model):
    """A name under which something was counted: what comes under it again is not counted."""

    name = models.CharField(max_length=100, primary_key=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.name
