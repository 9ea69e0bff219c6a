"""Names that differ in capitals, accents, width or marks alone: perhaps of one person.

Perhaps not: nobody is merged by it. It is asked about, and told.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations

from django.utils.translation import gettext

from faces.errors import NameAlike
from faces.models import Person
from photos.letters import words_of
from photos.models import Owner

_MOST_OF_A_NAME = 20  # people whose names are alike, who are told of in pairs


def key_of(name: str) -> str:
    """The same for names that are alike; empty where a name has no letters to be compared."""
    return " ".join(words_of(name))


def called_like(owner: Owner, names: Iterable[str], *, but: int | None = None) -> dict[int, str]:
    """Who of the owner's people goes by a name like one of `names`: key -> the name they have.

    One query, and some microseconds for each of all people.
    """
    keys = set(map(key_of, names)) - {""}
    others = (
        Person.objects.filter(owner=owner).exclude(pk=but or 0) if keys else Person.objects.none()
    )
    return {
        pk: name
        for pk, name, aliases in others.order_by("pk").values_list("pk", "name", "aliases")
        if not keys.isdisjoint(map(key_of, [name, *aliases]))
    }


def check_none(owner: Owner, names: Collection[str], *, but: int | None = None) -> None:
    """
    Raises:
        NameAlike: somebody else goes by a name like one of these.
    """
    if known := called_like(owner, names, but=but):
        raise NameAlike(
            gettext(
                "%(known)s is there already, and %(names)s differs in capitals, accents or marks "
                "alone: give that name if they are one person. If they are not, add the other one "
                "as another person first."
            )
            % {"known": next(iter(known.values())), "names": ", ".join(names)}
        )


def pairs(owner: Owner) -> Iterator[tuple[int, int]]:
    """People of the owner, by their keys, whose names are alike; the smaller key first."""
    like: dict[str, set[int]] = defaultdict(set)
    rows = Person.objects.filter(owner=owner).values_list("pk", "name", "aliases")
    for pk, name, aliases in rows:
        for each in (name, *aliases):
            like[key_of(each)].add(pk)
    like.pop("", None)
    found = {
        both for keys in like.values() for both in combinations(sorted(keys)[:_MOST_OF_A_NAME], 2)
    }
    yield from sorted(found)
