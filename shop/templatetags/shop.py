"""Template tags of the shop; built in, so no template has to load them."""

from django import template

from shop.core.money import format_money

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """Minor units as people write them: {{ line.line_total|money:order.currency }} gives £12.50."""
    return format_money(amount, currency)
