"""A post or courier without software of its own: the shop's table of rates says what it costs, staff write the rest."""

from collections.abc import Mapping, Sequence

from shop.adapters.carriers import BadTracking, CarrierRefused, Label, LabelRequest, Tracked

NO_LABELS = "This carrier has no labels of its own: write the tracking number on the parcel's page."


class TableCarrier:
    """The `table` entry of settings.CARRIERS. It makes no call."""

    name = "table"
    title = "Post"
    makes_labels = False

    def label(self, request: LabelRequest) -> Label:
        raise CarrierRefused(NO_LABELS)

    def find(self, key: str) -> Label | None:
        return None

    def cancel(self, reference: str) -> None:
        raise CarrierRefused(NO_LABELS)

    def track(self, reference: str) -> Sequence[Tracked]:
        return []

    def read_webhook(self, body: bytes, headers: Mapping[str, str]) -> Sequence[Tracked]:
        raise BadTracking("this carrier sends no messages")
