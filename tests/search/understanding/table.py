"""The table of questions: what was asked, by whom it may be answered, and what it is to mean."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from search.questions import Count, Known, People, Question, Somewhere, Things
from search.vocabulary import load

_TABLE = yaml.safe_load((Path(__file__).parent.parent / "questions.yaml").read_bytes())
_OTHER_NAMES = {  # as the gazetteer has them
    "France": ("Prancis",),
    "Lake Toba": ("Danau Toba",),
    "Yogyakarta": ("Jogja",),
}
_WITHIN = {  # the places of the table, and those that they lie in
    "Paris": frozenset({"France"}),
    "Nice": frozenset({"France"}),
    **dict.fromkeys(("Bali", "Jakarta", "Yogyakarta", "Lake Toba"), frozenset({"Indonesia"})),
    "Ubud": frozenset({"Bali", "Indonesia"}),
}
_VOCABULARY = load(settings.VOCABULARY_DIR)

QUESTIONS: list[dict[str, Any]] = _TABLE["questions"]
NOW: datetime = _TABLE["now"]
KNOWN = Known(
    people={name: tuple(others) for name, others in _TABLE["people"].items()},
    places={name: _OTHER_NAMES.get(name, ()) for name in _TABLE["places"]},
    within=_WITHIN,
    objects=_VOCABULARY.object_words,
    phrases=_VOCABULARY.phrases,
    words=_VOCABULARY.words,
)


def expected(row: Mapping[str, Any]) -> Question:
    """What the table says of a question. What it does not say is not asked for."""
    people = row.get("people", {})
    return Question(
        people=People(
            all=tuple(map(tuple, people.get("all", ()))),
            none=tuple(people.get("none", ())),
            only=people.get("only", False),
        ),
        dates=tuple((start, end) for start, end in row.get("dates", ())),
        places=tuple(_place(**place) for place in row.get("places", ())),
        objects=tuple(_things(**thing) for thing in row.get("objects", ())),
        faces=Count(**row["faces"]) if "faces" in row else None,
        text=tuple(row.get("text", ())),
        not_text=tuple(row.get("not_text", ())),
        semantic=row["semantic"],
        not_semantic=tuple(row.get("not_semantic", ())),
        not_understood=tuple(row.get("not_understood", ())),
        language=row["language"],
    )


def _place(*, name: str, near: bool = False, **excluded: bool) -> Somewhere:
    return Somewhere(name, near=near, excluded=excluded.get("not", False))


def _things(**thing: Any) -> Things:
    return Things(thing.pop("class"), Count(**thing))
