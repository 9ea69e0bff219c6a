"""What pages of staff have in common: why somebody does something, and writing down who did it."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

MAX_REASON = 200  # letters
PAGED = 10_000  # rows of a list, at most; all others are found by search and filters


class ReasonForm(ActionForm):
    """What is done with the rows that are chosen, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": MAX_REASON, "autocomplete": "off"}),
    )


class NewestRows(Paginator[Any]):
    """Pages of the newest rows: it counts to `PAGED`, and no further."""

    @cached_property
    def count(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]  # lists page nothing else
        return rows.order_by()[:PAGED].count()


def reason_of(request: HttpRequest) -> str:
    """Why somebody does what they have sent; empty: they say nothing."""
    return " ".join(request.POST.get("reason", "").replace("\0", "").split())[:MAX_REASON]


def with_reason(request: HttpRequest, done: str) -> str:
    """What was `done`, and why, as it is written down."""
    reason = reason_of(request)
    return _("%(done)s Reason: %(reason)s") % {"done": done, "reason": reason} if reason else done


def note(request: HttpRequest, rows: Iterable[Model], done: str, *, flag: int = CHANGE) -> None:
    """Write into Django's history who has `done` something with each of `rows`, and why."""
    user: Any = request.user  # these pages are for users alone
    LogEntry.objects.log_actions(user.pk, list(rows), flag, with_reason(request, done))
