"""Text that leaves the shop's own tables, for logs and the like, without what it may not say."""

import re

EMAIL = re.compile(r"[^\s@<>\"'(),;:=]+@[^\s@<>\"'(),;:=]+\.[^\s@<>\"'(),;:=]+")
# Keys of payment providers and carriers, and the unguessable part of addresses such as an order's page.
KEY = re.compile(r"\b(?:sk|rk|pk|whsec|EZTK|EZAK|AKIA|ASIA)_?[A-Za-z0-9_]{8,}")
IN_ADDRESS = re.compile(r"(?<=/)(?=[^/\s]*[0-9A-Z])[A-Za-z0-9_:-]{20,}(?=[/?\s'\"]|$)")


def redacted(text: str) -> str:
    """The text with e-mail addresses, keys, and long random parts of addresses taken out."""
    return IN_ADDRESS.sub("(key)", KEY.sub("(key)", EMAIL.sub("(e-mail)", text)))
