"""What a person's page shows staff: who they are by pictures, when and with whom, what was said."""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.files.storage import default_storage
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

import photos.services
from faces import profile
from faces.admin import words
from faces.admin.doing import may_undo
from faces.models import Cluster, Edit, Pair, Person
from faces.people.history import edits_of
from faces.profile import Year
from faces.review import questions
from faces.review.pairs import beside
from faces.review.questions import Question
from photos.models import Space

FACES_SHOWN = 24  # of each row
COMPANY_SHOWN = 12
SUGGESTED = 6
SAID_SHOWN = 30  # of each kind of constraint
EDITS_SHOWN = 10
COMPARED = 4_000  # clusters of an owner; with more, who is alike is looked for when one asks for it
COUNTED = 10_000  # faces of a person; with more, their photos are counted when one asks for it
_LEVELS = 4  # of shade, in the timeline
_ROLE = "face_embedder"


@dataclass(frozen=True)
class Month:
    """A cell of the timeline."""

    photos: int
    level: int  # 1 to _LEVELS by how many there are; 0: none
    address: str


@dataclass(frozen=True)
class Done:
    """An edit, in words."""

    edit: Edit
    words: str
    undoable: bool


def shown(request: HttpRequest, person: Person) -> dict[str, Any]:
    """All that their page shows beside the form, in a fixed number of queries."""
    space = photos.services.current_space(_ROLE)
    return {
        "cover": _address(person.best_crop),
        "rows": _rows(person, space),
        **_counted(request, person),
        "photos_address": search(person),
        "said": _said(person),
        "history": _history(person),
        "may_undo": may_undo(request),
        **_alike(request, person, space),
    }


def search(person: Person, **more: Any) -> str:
    """The address of the search for their photos."""
    ids = [("person_ids", person.pk)]
    asked = [("owner", person.owner_id), *ids, *more.items()]
    return f"{reverse('search-page')}?{urlencode(asked)}"


def _address(crop: str | None) -> str:
    """Of a picture; empty: there is none."""
    return default_storage.url(crop) if crop else ""


def _rows(person: Person, space: Space | None) -> list[tuple[str, str, profile.Row]]:
    """What each is called, what it means, and its faces."""
    rows = profile.rows_of(person, space, FACES_SHOWN)
    return [
        (_("Confirmed"), _("Other faces are compared with them."), rows.confirmed),
        (_("Matched"), _("They look like the person; nobody has said so."), rows.matched),
        (_("Uncertain"), _("They only just look like the person: look twice."), rows.uncertain),
    ]


def _counted(request: HttpRequest, person: Person) -> dict[str, Any]:
    """Their photos by months, and with whom; where counting takes long, to who asks for it."""
    if "counted" not in request.GET and person.face_count > COUNTED:
        return {"counts_wait": True}
    return {
        "timeline": _timeline(person, profile.timeline(person)),
        "months": [date(2000, month, 1) for month in profile.MONTHS],
        "company": [
            (each, _address(each.person.best_crop), search(person, person_ids=each.person.pk))
            for each in profile.company(person, COMPANY_SHOWN)
        ],
    }


def _timeline(person: Person, years: Sequence[Year]) -> list[tuple[Year, str, list[Month]]]:
    """Each year, the address of its photos, and its months."""
    most = max((photos for year in years for photos in year.months), default=1)
    return [
        (
            each,
            search(person, since=date(each.year, 1, 1), until=date(each.year, 12, 31)),
            [
                _month(person, date(each.year, month, 1), photos, most)
                for month, photos in zip(profile.MONTHS, each.months, strict=True)
            ],
        )
        for each in years
    ]


def _month(person: Person, since: date, photos: int, most: int) -> Month:
    until = since.replace(day=monthrange(since.year, since.month)[1])
    return Month(photos, -(-photos * _LEVELS // most), search(person, since=since, until=until))


def _said(person: Person) -> list[tuple[str, str, list[tuple[Any, ...]]]]:
    """What was said, what it means, and pairs of faces: of a rejection, the face alone."""
    said = profile.said_of(person, SAID_SHOWN)
    return [
        (
            _("Not %(name)s") % {"name": person.name},
            _("Faces that were rejected. They never become this person's by themselves."),
            [(each.face,) for each in said.rejections],
        ),
        (_("Two people"), _("They never get together by themselves."), _faces(said.different)),
        (_("One person"), _("Clustering keeps them together."), _faces(said.same)),
    ]


def _faces(pairs: Sequence[Pair]) -> list[tuple[Any, ...]]:
    return [(pair.first, pair.second) for pair in pairs]


def _history(person: Person) -> list[Done]:
    """The newest edits that touched them."""
    touching = edits_of([person.owner]).filter(people__contains=[person.pk])
    edits = list(touching.order_by("-pk")[:EDITS_SHOWN])
    names = words.names_of(edits)
    return [
        Done(each, words.words(each, names), not (each.is_undone or each.erased)) for each in edits
    ]


def _alike(request: HttpRequest, person: Person, space: Space | None) -> dict[str, Any]:
    """Who may be the same; where comparing all takes long, to who asks for it."""
    theirs = Cluster.objects.filter(owner=person.owner)
    if "alike" not in request.GET and theirs[COMPARED:].exists():
        return {"alike_waits": True}
    found: list[Question] = beside(person.owner, space, person.pk, SUGGESTED) if space else []
    seen = questions.shown(found)
    return {"alike": [(each, round(100 * each.score)) for each in seen]}
