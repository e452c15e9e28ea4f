"""Text in the cells of a spreadsheet file: never a formula, whoever wrote it."""

# A spreadsheet takes text that begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection).
STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: object) -> str:
    """The text, with an apostrophe before what a spreadsheet would run. Numbers pass as numbers."""
    plain = "" if text is None else str(text)
    return f"'{plain}" if plain.startswith(STARTS) and not isinstance(text, int | float) else plain


def read_cell(text: str | None) -> str:
    """What safe_cell() was given, without spaces around it."""
    plain = (text or "").strip()
    return plain[1:] if plain[:1] == "'" and plain[1:].startswith(STARTS) else plain
