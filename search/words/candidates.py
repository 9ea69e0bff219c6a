"""The newest photos that words stand in: work that is bounded, however many photos have them."""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from django.db.models import F, IntegerField, QuerySet, Value

from photos.models import Owner
from search.models import PhotoWords
from search.words.asked import has
from search.words.vector import all_of, literal
from search.words.wordings import owner_lexeme

WALKED = 20_000  # of the owner's newest photos, which are read one after the other
RANKED = 500  # photos of all that is wanted. Fewer of 20,000, and the index takes over


def newest(owner: Owner, rows: QuerySet[PhotoWords], wanted: Collection[str]) -> set[int]:
    """For each tsquery of `wanted`, photos of `rows` that have it: the newest ones.

    `rows` are the owner's. What is in many photos is found by reading the newest; what is in few,
    by the index, which gives all of them, at a cost for each. Three queries at most.
    """
    mine, most = literal(owner_lexeme(owner.pk)), RANKED // len(wanted)
    bound = _bound(owner, WALKED // len(wanted))
    new = rows.filter(photo__gte=bound).order_by("-photo_id")
    found = list(_each([new.filter(has("words", each, by_index=False))[:most] for each in wanted]))
    counts = Counter(number for number, _ in found)
    # In the order of no index: that would be read to its end for a word of others' photos only.
    old = rows.filter(photo__lt=bound).order_by((F("photo_id") + 0).desc())
    rare = [
        old.filter(has("words", all_of([mine, query])))[: most - counts[number]]
        for number, query in enumerate(wanted)
        if counts[number] < most
    ]
    if bound and rare:
        found += _each(rare)
    return {photo for _, photo in found}


def _bound(owner: Owner, count: int) -> int:
    """The owner's `count` newest photos have at least this key; 0 if there are no more."""
    keys = PhotoWords.objects.filter(owner=owner).order_by("-photo_id")
    return next(iter(keys.values_list("photo_id", flat=True)[count : count + 1]), 0)


def _each(some: Sequence[QuerySet[PhotoWords]]) -> QuerySet[PhotoWords, Any]:
    """(the number of the rows, photo): one query for all of them."""
    numbered = [
        rows.values_list(Value(number, output_field=IntegerField()), "photo_id")
        for number, rows in enumerate(some)
    ]
    return numbered[0].union(*numbered[1:], all=True)
