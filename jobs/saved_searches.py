"""Questions that are kept, and asked again."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from jobs.searching import Answer, answer
from photos.models import Owner
from search.asking import asked_of
from search.errors import SavedNameTaken
from search.models import SavedSearch
from search.serializers.asked import SearchSerializer


def save(owner: Owner, name: str, asked: dict[str, Any]) -> SavedSearch:
    """Keep a question, which has to be one that SearchSerializer takes, and count what it finds.

    Raises:
        SavedNameTaken: the owner has another one of this name.
        SearchError, InferenceError: as asking it does. It is not kept.
    """
    return _kept(SavedSearch(owner=owner, name=name, asked=asked))


def change(saved: SavedSearch, **values: Any) -> SavedSearch:
    """The same with another `name`, or what is `asked`.

    Raises:
        SavedNameTaken, SearchError, InferenceError: as save(). It stays what it was.
    """
    for field, value in values.items():
        setattr(saved, field, value)
    return _kept(saved)


def ask(saved: SavedSearch, *, limit: int, cursor: str = "") -> Answer:
    """A page of what it finds now. The first one counts it.

    Raises:
        SearchError, InferenceError: as answer().
    """
    found = _answer(saved, limit, cursor)
    if not cursor:
        recount(saved.owner, saved.asked, found.found.total or 0)
    return found


def recount(owner: Owner, asked: dict[str, Any], count: int) -> None:
    """So many photos `asked` finds now: what the owner saved of just that says so too."""
    SavedSearch.objects.filter(owner=owner, asked=asked).update(
        count=count, counted_at=timezone.now()
    )


def _kept(saved: SavedSearch) -> SavedSearch:
    saved.count = _answer(saved, limit=1).found.total
    saved.counted_at = timezone.now()
    try:
        with transaction.atomic():
            saved.save()
    except IntegrityError as exc:
        raise SavedNameTaken(
            gettext("There is another saved search named %(name)r.") % {"name": saved.name}
        ) from exc
    return saved


def _answer(saved: SavedSearch, limit: int, cursor: str = "") -> Answer:
    question = SearchSerializer(data=saved.asked | {"limit": limit})
    question.is_valid(raise_exception=True)
    asked = asked_of(saved.owner, question.validated_data, now=timezone.localtime())
    return answer(saved.owner, asked, cursor)
