"""How the shop writes days."""

from datetime import date


def long_day(day: date) -> str:
    """'Wed 25 November'."""
    return f"{day:%a} {day.day} {day:%B}"


def short_day(day: date) -> str:
    """'12 May', for a day that is not so certain."""
    return f"{day.day} {day:%B}"


def day_span(first: date, last: date) -> str:
    """'Wed 25 to Fri 27 November'; 'Mon 30 November to Wed 2 December'; one day is written once."""
    if first == last:
        return long_day(first)
    start = f"{first:%a} {first.day}" if (first.year, first.month) == (last.year, last.month) else long_day(first)
    return f"{start} to {long_day(last)}"
