"""Whose faces these are, by what was said elsewhere: as far as nobody has said otherwise here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from faces.matching import denials
from faces.models import Cluster, Face, FaceVector, Membership, Person
from faces.people import places
from faces.people.changes import Changes, Row

MANUAL, MATCHED = Membership.How.MANUAL, Membership.How.MATCHED


class Refused(StrEnum):
    """Why a face is not given to somebody."""

    OTHER = "here it is somebody else's face"
    DENIED = "here somebody has said that it is not this person"
    IGNORED = "here somebody has said that this face is left out"
    TWICE = "here the person has another face in the photo"


@dataclass(frozen=True, slots=True)
class Wish:
    """That a face is a person's, both by their keys.

    `similarity`: nobody has said so, but it looks like them by so much (cosine, -1 to 1).
    """

    face: int
    person: int
    similarity: float | None = None

    @property
    def is_said(self) -> bool:
        return self.similarity is None


@dataclass
class Given:
    """What has become of wishes."""

    given: list[Wish] = field(default_factory=list)
    known: list[Wish] = field(default_factory=list)  # it is like that already, or said better
    refused: list[tuple[Wish, Refused]] = field(default_factory=list)


class Giving:
    """Gives faces to people within one edit. What is only matched gives way to what is said."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._homes: dict[int, Cluster] = {}

    def give(self, wishes: Sequence[Wish]) -> Given:
        """Give the faces of some photos, of each photo all that are wished. The first one wins."""
        photos = _Photos([wish.face for wish in wishes])
        given = Given()
        rows: dict[int, Row] = {}
        for wish in sorted(wishes, key=lambda each: not each.is_said):
            refused = photos.refusal(wish)
            if photos.knows(wish):
                given.known.append(wish)
            elif refused is None:
                rows[wish.face] = self._row(wish, photos.member(wish))
                photos.note(wish)
                given.given.append(wish)
            elif wish.is_said:
                given.refused.append((wish, refused))
            else:
                given.known.append(wish)
        self._changes.put(rows)
        places.drop_empty(self._changes)
        _forget_unrecognised(list(rows))
        return given

    def _row(self, wish: Wish, member: Membership | None) -> Row:
        if member and member.cluster.person_id == wish.person:
            return {
                "part_id": member.part_id, "how": MANUAL, "similarity": member.similarity
            }  # fmt: skip
        home = self._home(wish)
        if wish.is_said:
            return {"part_id": home.pk, "how": MANUAL}
        return {"part_id": home.pk, "how": MATCHED, "similarity": wish.similarity}

    def _home(self, wish: Wish) -> Cluster:
        if wish.person not in self._homes:
            person = Person.objects.get(pk=wish.person)
            self._homes[wish.person] = places.home_of(self._changes, person, [wish.face])
        return self._homes[wish.person]


class _Photos:
    """Who is where in the photos of some faces, and what was said of these faces."""

    def __init__(self, faces: Sequence[int]) -> None:
        self._photo_of = dict(Face.objects.filter(pk__in=faces).values_list("pk", "photo_id"))
        there = Membership.objects.filter(face__photo__in=set(self._photo_of.values()))
        self._there = {each.face_id: each for each in there.select_related("part__cluster", "face")}
        self._denied = denials(faces)
        ignored = Face.objects.filter(pk__in=faces, ignored=True)
        self._ignored = set(ignored.values_list("pk", flat=True))
        self._given: dict[int, int] = {}  # faces, to people
        self._surely: set[tuple[int, int]] = set()  # photos, and who is in them
        self._maybe: set[tuple[int, int]] = set()
        for each in self._there.values():
            if each.cluster.person_id is not None:
                seen = self._maybe if each.how == MATCHED else self._surely
                seen.add((each.face.photo_id, each.cluster.person_id))

    def member(self, wish: Wish) -> Membership | None:
        return self._there.get(wish.face)

    def knows(self, wish: Wish) -> bool:
        """Whether the face is the person's already, and as surely as that."""
        if self._given.get(wish.face) == wish.person:
            return True
        member = self.member(wish)
        if member is None or member.cluster.person_id != wish.person:
            return False
        return member.how != MATCHED or not wish.is_said

    def refusal(self, wish: Wish) -> Refused | None:
        if wish.face in self._ignored:
            return Refused.IGNORED
        if wish.person in self._denied[wish.face]:
            return Refused.DENIED
        if wish.face in self._given or self._is_others(wish):
            return Refused.OTHER
        place = (self._photo_of[wish.face], wish.person)
        if place in self._surely or (place in self._maybe and not wish.is_said):
            return Refused.TWICE
        return None

    def _is_others(self, wish: Wish) -> bool:
        """Whether the face stays where it is: what is said goes before a match, and nobody."""
        member = self.member(wish)
        if member is None:
            return False
        return not wish.is_said or (member.how != MATCHED and member.cluster.person_id is not None)

    def note(self, wish: Wish) -> None:
        self._given[wish.face] = wish.person
        self._surely.add((self._photo_of[wish.face], wish.person))


def _forget_unrecognised(faces: Sequence[int]) -> None:
    """Nothing is kept of what they look like."""
    theirs = Membership.objects.filter(face__in=faces, part__cluster__person__unrecognised=True)
    FaceVector.objects.filter(face__in=theirs.values("face")).delete()
