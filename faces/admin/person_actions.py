"""What staff do with people whom they have chosen in the list.

Each action shows whom it is about, in pictures, and is done when that is confirmed.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.contrib import admin
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from faces.admin.confirming import Confirming, each
from faces.admin.doing import (
    EditingAdmin,
    Question,
    answered,
    ask,
    by,
    chosen,
    refusals_told,
)
from faces.forms import MergingForm
from faces.models import Person
from faces.people import merging, naming
from photos.models import Owner

Page = EditingAdmin[Person]


@admin.action(description=gettext_lazy("Merge…"), permissions=["change"])
def merge(page: Page, request: HttpRequest, people: QuerySet[Person]) -> HttpResponse | None:
    with refusals_told(request):
        rows, owner = chosen(people, _owner, least=2)
        form = MergingForm(answered(request), people=rows)
        said = {"people": _counted(len(rows))}
        if not form.is_valid():
            title = _("Whose name stays: %(people)s who are one") % said
            question = Question(form=form, title=title, parts=_parts(rows))
            return ask(request, page, rows, question)
        into = next(each for each in rows if str(each.pk) == form.cleaned_data["into"])
        act = partial(merging.merge_people, owner, into, rows, by=by(request))
        done = _("Merged %(people)s into %(name)s.") % {**said, "name": into}
        page.edit(request, owner, act, done=done)
    return None


def _parts(people: Iterable[Any]) -> list[tuple[str, list[str]]]:
    """Who each is, and what they look like."""
    return [
        (each.name, [default_storage.url(each.best_crop)] if each.best_crop else [])
        for each in people
    ]


def _owner(person: Person) -> Owner:
    return person.owner


def _said(people: Sequence[Person]) -> dict[str, str]:
    """One by the name, more by how many they are."""
    return {"people": people[0].name if len(people) == 1 else _counted(len(people))}


def _counted(count: int) -> str:
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": count}


CONFIRMING = Confirming(_owner, _said, _parts)
hide = CONFIRMING.action(
    "hide",
    gettext_lazy("Hide…"),
    each(naming.change, hidden=True),
    title=gettext_lazy("Hide %(people)s"),
    words=gettext_lazy("They will not be shown in lists."),
    done=gettext_lazy("Hid %(people)s."),
)
show = CONFIRMING.action(
    "show",
    gettext_lazy("Show again…"),
    each(naming.change, hidden=False),
    title=gettext_lazy("Show again: %(people)s"),
    words=gettext_lazy("They will be in lists again."),
    done=gettext_lazy("No longer hidden: %(people)s."),
)
favour = CONFIRMING.action(
    "favour",
    gettext_lazy("Make favourites…"),
    each(naming.change, favourite=True),
    title=gettext_lazy("Make favourites: %(people)s"),
    words=gettext_lazy("Callers can ask for favourites alone."),
    done=gettext_lazy("Favourites now: %(people)s."),
)
unfavour = CONFIRMING.action(
    "unfavour",
    gettext_lazy("Favourites no more…"),
    each(naming.change, favourite=False),
    title=gettext_lazy("Favourites no more: %(people)s"),
    words=gettext_lazy("They will be like all others."),
    done=gettext_lazy("No longer favourites: %(people)s."),
)
ignore = CONFIRMING.action(
    "ignore",
    gettext_lazy("Ignore: match no face with them…"),
    each(naming.change, ignored=True),
    title=gettext_lazy("Ignore %(people)s"),
    words=gettext_lazy("No new face will be matched with them."),
    done=gettext_lazy("Ignored %(people)s."),
)
unignore = CONFIRMING.action(
    "unignore",
    gettext_lazy("Ignore no more…"),
    each(naming.change, ignored=False),
    title=gettext_lazy("Ignore no more: %(people)s"),
    words=gettext_lazy("New faces may be matched with them again."),
    done=gettext_lazy("No longer ignored: %(people)s."),
)
forget = CONFIRMING.action(
    "forget",
    gettext_lazy("Forget who they are; their clusters stay…"),
    each(naming.delete),
    permission="forget",
    title=gettext_lazy("Forget who they are: %(people)s"),
    words=gettext_lazy("Their names go. Their clusters and faces stay."),
    done=gettext_lazy("Forgot %(people)s."),
)
ALL = (merge, hide, show, favour, unfavour, ignore, unignore, forget)
