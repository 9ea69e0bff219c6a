"""Spans of time in a few letters."""

from django import template

register = template.Library()

_UNITS = (("d", 86400), ("h", 3600), ("min", 60))


@register.filter
def age(seconds: float | None) -> str:
    """Of seconds, in the largest unit of which there are two: `90 s`, `5 min`, `3 d`."""
    if seconds is None:
        return "-"
    for unit, length in _UNITS:
        if seconds >= 2 * length:
            return f"{seconds // length:.0f} {unit}"
    return f"{seconds:.0f} s"
