"""Text in the cells of a spreadsheet file: never a formula, whoever wrote it, and the same text when it comes back."""

import re

# A spreadsheet takes text that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection.
# What has apostrophes before that gets one more, so that such a text comes back whole too.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
NEUTRALISED = re.compile(r"'+[=+\-@\t\r\n]")


def neutral(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would run."""
    return f"'{text}" if FORMULA.match(text) else text


def plain(cell: str) -> str:
    """What neutral() was given."""
    return cell[1:] if NEUTRALISED.match(cell) else cell
