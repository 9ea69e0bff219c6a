"""A question of the search page, and what can't be asked, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from faces.errors import FaceError
from inference.errors import InferenceError
from jobs.searching import Answer, answer
from photos.models import Owner
from search.asking import Asked, asked_of
from search.errors import ForeignVectors, NoPrompts, SearchError
from search.serializers.asked import SearchSerializer

Trouble = SearchError | FaceError | InferenceError
TROUBLES = (SearchError, FaceError, InferenceError)


@dataclass(frozen=True)
class Tried:
    """A question, as far as it came."""

    asked: Asked | None = None
    answer: Answer | None = None
    troubles: Sequence[str] = ()


def tried(owner: Owner, asked: dict[str, Any]) -> Tried:
    """Ask it, as POST /api/v1/search/ takes it. What is wrong with it is told, and not raised."""
    question = SearchSerializer(data=asked)
    if not question.is_valid():
        return Tried(troubles=list(told(question.errors)))
    data, understood = question.validated_data, None
    try:
        understood = asked_of(owner, data, now=timezone.localtime())
        return Tried(understood, answer(owner, understood, data.get("cursor", "")))
    except TROUBLES as exc:
        return Tried(understood, troubles=[trouble(exc)])


def told(errors: Any, name: str = "") -> Iterator[str]:
    """Each of a serializer's errors, with its field."""
    if isinstance(errors, dict):
        for key, inner in errors.items():
            yield from told(inner, name if isinstance(key, int) else str(key))
    elif isinstance(errors, list):
        for inner in errors:
            yield from told(inner, name)
    else:
        yield f"{name}: {errors}"


def trouble(exc: Trouble) -> str:
    if not isinstance(exc, InferenceError) or isinstance(exc, ForeignVectors | NoPrompts):
        return str(exc)
    return _(
        "The model server gives no answer, so photos can't be found by what they look like now. "
        "Questions of names, dates, places and filters alone are answered."
    )
