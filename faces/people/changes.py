"""Changing rows in a way that is written down, and can be taken back.

An edit is a list of steps. A step is a row before and after (of a person, a cluster, a face, a
verdict, or of a part that went to another cluster with all its faces), faces that went from one
part to another as they were, or faces whose place changed in more than that. The rows are written
here and nowhere else, so what is written down is what changed.
"""

from collections.abc import Collection, Iterable, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db.models import Count, F, Model, Q
from django.db.models.expressions import RawSQL

from faces.models import (
    Centroid,
    Cluster,
    Edit,
    Face,
    FaceVector,
    Membership,
    Pair,
    Part,
    Person,
    Rejection,
)
from photos.models import Owner

Row = dict[str, Any]  # columns of a row, as JSON
Step = dict[str, Any]
Place = list[Any]  # part, how, similarity and since when a face is in it, as JSON

TABLES: Mapping[str, type[Model]] = {
    "person": Person,
    "cluster": Cluster,
    "part": Part,
    "face": Face,
    "rejection": Rejection,
    "pair": Pair,
}
_NAMES = {model: name for name, model in TABLES.items()}
_BOX = {"x", "y", "width", "height"}
_PLACE = ("part_id", "how", "similarity", "created_at")


class Changes:
    """The steps of one edit, on their way. Rows of `owner` only; the caller holds the lock."""

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.steps: list[Step] = []
        self.people: set[int] = set()
        self.clusters: set[int] = set()
        self.faces: set[int] = set()
        self.parted: set[int] = set()  # pairs of faces that were said to be two people
        self.carried = 0  # faces that went with their parts

    def create(self, row: Model) -> None:
        row.save(force_insert=True)
        self._note(row, None, row_of(row))

    def change(self, row: Model, **values: Any) -> None:
        """Set columns of `row`, those that differ."""
        before = row_of(row)
        for name, value in values.items():
            setattr(row, name, value)
        after = row_of(row)
        changed = [name for name in after if after[name] != before[name]]
        if changed:
            row.save(update_fields=changed)
            if isinstance(row, Face) and _BOX.intersection(changed):
                self._forget_looks(row)
            self._note(row, _only(before, changed), _only(after, changed))

    def _forget_looks(self, face: Face) -> None:
        """What it looked like is not what is in its box now. The models say it anew."""
        FaceVector.objects.filter(face=face).delete()
        self._touch(Membership.objects.filter(face=face).values_list("part_id", flat=True))

    def delete(self, *rows: Model) -> None:
        """Of one table. Nothing may point to them any more, but what may go without a word."""
        if clusters := [row for row in rows if isinstance(row, Cluster)]:
            self.delete(*Part.objects.filter(cluster__in=clusters).exclude(pk=F("cluster")))
        if rows:
            type(rows[0])._default_manager.filter(pk__in=[row.pk for row in rows]).delete()  # noqa: SLF001  # documented
        for row in rows:
            self._note(row, row_of(row), None, faces=0)

    def drop_empty(self, clusters: Collection[int]) -> None:
        """Those of `clusters` (keys) that have no face go. Their people stay."""
        self.delete(*Cluster.objects.filter(pk__in=clusters).empty().order_by("pk"))

    def gather(self, sources: Collection[Cluster], target: Cluster) -> dict[int, int]:
        """Have all faces of `sources` in `target`, each as sure as it was.

        Returns the parts that went there, with the clusters (keys) that they were of.
        """
        parts = Part.objects.filter(cluster__in=sources)
        rows = list(parts.annotate(count=Count("memberships")).order_by("pk"))
        before = {part.pk: part.cluster_id for part in rows}
        Part.objects.filter(pk__in=before).update(cluster=target)
        for part in rows:
            was, now = ({"cluster_id": each} for each in (part.cluster_id, target.pk))
            self._note(part, was, now, faces=part.count)
        return before

    def move(self, faces: Collection[int], source: Cluster, target: Cluster) -> None:
        """Have `faces` of `source` in `target`, each as sure as it was."""
        its = source.memberships.filter(face__in=any_of(faces)).order_by("part", "face")
        for part, members in groupby(its.values_list("part_id", "face_id"), itemgetter(0)):
            self.carry([face for _, face in members], part, target.pk)

    def carry(self, faces: list[int], source: int, target: int) -> None:
        """Have `faces` of the part `source` in the part `target`, each as sure as it was."""
        Membership.objects.filter(part=source, face__in=any_of(faces)).update(part=target)
        self.steps.append({"from": source, "to": target, "faces": faces})
        self.faces.update(faces)
        self._touch([source, target])

    def _touch(self, parts: Collection[int]) -> None:
        """Their clusters, and those that they began as, are of this edit."""
        there = Part.objects.filter(pk__in=parts)
        self.clusters.update(parts, there.values_list("cluster_id", flat=True))

    def place(self, faces: Iterable[int], cluster: Cluster | None) -> None:
        """Have `faces` in `cluster` because somebody said so; None: in none.

        Who was ignored before is not any more: the later word holds.
        """
        faces = list(faces)
        if cluster:
            for face in Face.objects.filter(pk__in=faces, ignored=True).order_by("pk"):
                self.change(face, ignored=False)
        after = None if cluster is None else {"part_id": cluster.pk, "how": "manual"}
        self.put(dict.fromkeys(faces, after))

    def put(self, places: Mapping[int, Row | None]) -> None:
        """Have faces in clusters as `places` says; None: in none."""
        there = {each.face_id: each for each in Membership.objects.filter(face__in=places)}
        rows = {face: _member(face, place) for face, place in places.items() if place}
        same = {face for face, row in rows.items() if face in there and _alike(there[face], row)}
        there = {face: row for face, row in there.items() if face not in same}
        rows = {face: row for face, row in rows.items() if face not in same}
        Membership.objects.filter(face__in=there).delete()
        Membership.objects.bulk_create(rows.values())
        members: list[tuple[int, Place | None, Place | None]] = [
            (face, _place(there.get(face)), _place(rows.get(face)))
            for face in sorted(there.keys() | rows.keys())
        ]
        if members:
            self.steps.append({"members": members})
            self.faces.update(face for face, _, _ in members)
            self._touch({place[0] for _, *both in members for place in both if place is not None})

    def save(self, kind: Edit.Kind, **values: Any) -> Edit | None:
        """Write down what was changed. None: nothing was."""
        if not self.steps and "undoes" not in values:
            return None
        touched = Cluster.objects.filter(Q(pk__in=self.clusters) | Q(person__in=self.people))
        rows = list(touched.values_list("pk", "person", "person__unrecognised"))
        Centroid.objects.filter(cluster__in=[pk for pk, _, _ in rows]).delete()
        if secret := [pk for pk, _, unrecognised in rows if unrecognised]:
            # looking for the faces of all would take long
            FaceVector.objects.filter(face__membership__part__cluster__in=secret).delete()
        return Edit.objects.create(
            owner=self.owner,
            kind=kind,
            steps=self.steps,
            people=sorted(self.people.union(person for _, person, _ in rows if person)),
            clusters=sorted(self.clusters),
            faces=sorted(self.faces),
            face_count=len(self.faces) + self.carried,
            **values,
        )

    def all_people(self) -> set[int]:
        """Those that were touched, by themselves or by their clusters."""
        named = Cluster.objects.filter(pk__in=self.clusters).exclude(person=None)
        return self.people.union(pk for pk in named.values_list("person", flat=True) if pk)

    def _note(
        self, row: Model, before: Row | None, after: Row | None, *, faces: int | None = None
    ) -> None:
        """`faces`: of a part, if their number is known."""
        step: Step = {"row": _NAMES[type(row)], "key": row.pk, "before": before, "after": after}
        self.steps.append(step)
        match row:
            case Part():
                step["faces"] = row.memberships.count() if faces is None else faces
                self.carried += step["faces"]
                rows = [each for each in (before, after) if each]
                self.clusters.update({row.pk}, (each["cluster_id"] for each in rows))
            case Person():
                self.people.add(row.pk)
            case Cluster():
                self.clusters.add(row.pk)
                both = [(before or {}).get("person_id"), (after or {}).get("person_id")]
                self.people.update(person for person in both if person)
            case Face():
                self.faces.add(row.pk)
            case Rejection():
                self.faces.add(row.face_id)
                self.people.add(row.person_id)
            case Pair():
                self.faces |= {row.first_id, row.second_id}
                if not row.same:
                    self.parted.add(row.pk)


def any_of(keys: Collection[int]) -> RawSQL:
    """For `__in`: as one array, of which PostgreSQL makes a table. Thousands are no matter."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(keys)])  # our own words


def row_of(row: Model) -> Row:
    """The columns of `row`, as JSON."""
    return {field.attname: _plain(field.value_from_object(row)) for field in _fields(type(row))}


def built(model: type[Model], row: Row) -> Model:
    """What row_of() has described. It is not stored."""
    values = {field.attname: field.to_python(row[field.attname]) for field in _fields(model)}
    return model(**values)


def places_of(faces: Iterable[int]) -> dict[int, Place | None]:
    """Where those of `faces` are now that are in a cluster."""
    members = Membership.objects.filter(face__in=list(faces))
    return {each.face_id: _place(each) for each in members}


def as_place(place: Place | None) -> Row | None:
    return None if place is None else dict(zip(_PLACE, place, strict=True))


def _fields(model: type[Model]) -> list[Any]:
    return list(model._meta.concrete_fields)  # noqa: SLF001  # Django documents it


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str | list | dict):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _only(row: Row, names: Iterable[str]) -> Row:
    return {name: row[name] for name in names}


def _member(face: int, place: Row) -> Membership:
    fields = {field.attname: field for field in _fields(Membership)}
    return Membership(
        face_id=face, **{name: fields[name].to_python(value) for name, value in place.items()}
    )


def _alike(one: Membership, other: Membership) -> bool:
    """Whether both say the same, since whenever."""
    return (one.part_id, one.how, one.similarity) == (other.part_id, other.how, other.similarity)


def _place(member: Membership | None) -> Place | None:
    if member is None:
        return None
    return [_plain(getattr(member, name)) for name in _PLACE]
