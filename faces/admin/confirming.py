"""Actions of a list that are done once somebody has confirmed them, with pictures of the rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django_stubs_ext import StrOrPromise

from faces.admin.doing import Act, EditingAdmin, M, by, chosen, refusals_told
from photos.models import Owner

Acts = Callable[[Sequence[M], User], Iterable[Act]]
Action = Callable[[EditingAdmin[Any], HttpRequest, QuerySet[Any]], HttpResponse | None]


@dataclass(frozen=True)
class Confirming(Generic[M]):
    """How a list asks: what its chosen rows are called, and what they look like."""

    owner_of: Callable[[M], Owner]
    said: Callable[[Sequence[M]], Mapping[str, str]]
    parts: Callable[[Sequence[M]], Sequence[tuple[str, Sequence[str]]]]

    def action(
        self,
        name: str,
        described: StrOrPromise,
        acts: Acts[M],
        *,
        permission: str = "change",
        **told: StrOrPromise,
    ) -> Action:
        """The action `name`: it asks, and makes the edits of `acts`. `told` as confirmed() has it.

        What `acts` refuse is told before anything is asked.
        """

        @admin.action(description=described, permissions=[permission])
        def action(
            page: EditingAdmin[M], request: HttpRequest, some: QuerySet[M]
        ) -> HttpResponse | None:
            with refusals_told(request):
                rows, owner = chosen(some, self.owner_of)
                wanted, parts = list(acts(rows, by(request))), self.parts(rows)
                return page.confirmed(
                    request, (rows, owner), wanted, told, self.said(rows), parts=parts
                )

        action.__name__ = name
        return action


def each(service: Callable[..., Any], **values: Any) -> Acts[Any]:
    """The edits that `service` makes of the rows, one by one."""
    return lambda rows, user: [partial(service, row, by=user, **values) for row in rows]
