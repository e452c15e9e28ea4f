"""What may go wrong in the shop's own terms. Each message is fit to be shown to the person who caused it."""


class ShopError(Exception):
    """A refusal with a reason a person can read. Nothing was changed."""


class InvalidTransition(ShopError):
    """A state change that the state machine does not allow."""
