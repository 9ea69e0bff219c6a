"""Spans of time in a few letters."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

_UNITS = ((_("%(count)s d"), 86400), (_("%(count)s h"), 3600), (_("%(count)s min"), 60))


@register.filter
def age(seconds: float | None) -> str:
    """Of seconds, in the largest unit of which there are two: `90 s`, `5 min`, `3 d`."""
    if seconds is None:
        return "-"
    for words, length in _UNITS:
        if seconds >= 2 * length:
            return words % {"count": f"{seconds // length:.0f}"}
    return _("%(count)s s") % {"count": f"{seconds:.0f}"}
