"""Refusals that a caller is told, with the code that programs go by."""

from shop.core.errors import ShopError

BAD_USER_INPUT = "BAD_USER_INPUT"
NOT_FOUND = "NOT_FOUND"
INTERNAL_ERROR = "INTERNAL_ERROR"
BROKEN = "Something went wrong on our side."


class Refused(ShopError):
    """A field that is not answered, in words and by its code."""

    def __init__(self, message: str, code: str = BAD_USER_INPUT) -> None:
        super().__init__(message)
        self.code = code
