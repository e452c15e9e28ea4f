"""The bus of a laptop: consumers are called at once, in the process that publishes."""

from collections.abc import Sequence

from shop.adapters.bus import Deliver, EventBus, Message, too_big


class InProcessBus(EventBus):
    """Calls the consumers of each message; a message one of them failed on counts as not taken, and comes again."""

    def __init__(self, deliver: Deliver) -> None:
        self.deliver = deliver

    def publish(self, messages: Sequence[Message]) -> dict[str, str]:
        """Deliver each message, whatever became of the others."""
        refused: dict[str, str] = {}
        for message in messages:
            if why := too_big(message):
                refused[message["id"]] = why
                continue
            try:
                self.deliver(message)
            except Exception as error:  # noqa: BLE001 - a consumer's mistake is reported, not the bus's end
                refused[message["id"]] = str(error) or repr(error)
        return refused
