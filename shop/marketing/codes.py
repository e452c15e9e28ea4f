"""Making codes for a promotion, many at once."""

import secrets

from django.db import transaction

from shop.core.numbers import ALPHABET
from shop.marketing.models import Promotion, Voucher

# Random letters and digits: 40 bits, so that nobody finds one by trying.
RANDOM_LENGTH = 8


@transaction.atomic
def generate(*, promotion: Promotion, count: int, prefix: str = "", max_uses: int | None = 1) -> list[Voucher]:
    """That many new codes, each of the prefix and random letters. max_uses: of each; None: the promotion's alone."""
    codes: set[str] = set()
    while len(codes) < count:
        fresh = {prefix + random_part() for _ in range(count - len(codes))}
        codes |= fresh - set(Voucher.objects.filter(code__in=fresh).values_list("code", flat=True))
    made = [Voucher(promotion=promotion, code=code, max_uses=max_uses) for code in sorted(codes)]
    return Voucher.objects.bulk_create(made)


def random_part() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
