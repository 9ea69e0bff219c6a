"""An owner from an archive: what is missing here is added, and nothing is taken away or computed.

Doing it twice changes nothing; killed in between, it is done again.
"""

import base64
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.db import transaction

from config.keeping.errors import ArchiveInvalid
from config.keeping.owners import files, members
from config.keeping.owners.tables import (
    ABOUT,
    CLUSTERS,
    ERASED,
    FORMAT,
    PEOPLE,
    TABLES,
    VECTORS,
    VERSION,
    Table,
)
from faces import gone
from faces.models import Erasure, Face
from faces.people.changes import built
from faces.people.editing import hold, share
from faces.portability.document import Document, read
from faces.portability.importing import Imported, import_people
from faces.portability.locating import batches
from inference.geometry import Box
from photos.hnsw import build_index
from photos.models import Analysis, Owner, Photo, Place, Space
from photos.operations import OBJECTS
from photos.vectors import unpack

_AT_ONCE = 200  # rows of one transaction
SEARCHES = "searches"  # of the tables, the one whose rows name people
Keys = dict[int, int]  # of rows: the archive's, and those here


@dataclass
class Brought:
    """What an import has added."""

    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    vectors: int = 0
    clusters: int = 0
    people: Imported | None = None


class Importing:
    """One import of `archive` for `owner`."""

    def __init__(self, owner: Owner, archive: zipfile.ZipFile) -> None:
        self.owner, self.archive = owner, archive
        self.about = about_of(archive)
        self.keys: dict[str, Keys] = {name: {} for name in TABLES}
        self.people: Keys = {}
        self.done = Brought()

    def run(self) -> Brought:
        """
        Raises:
            ArchiveInvalid: it is damaged. What was added before stays; nothing is doubled later.
        """
        self._add_places()
        self._add_erasures()
        self.done.files = files.add(self.owner, self.archive)
        document = self._document()
        for name in (name for name in TABLES if name != SEARCHES):
            self._add_all(name)
        spaces = self._spaces()
        self.done.vectors = sum(self._add_vectors(name, spaces) for name in VECTORS)
        self._add_people(document, spaces)
        return self.done

    def _add_all(self, name: str) -> None:
        rows = batches(self._rows(name, TABLES[name]), _AT_ONCE)
        self.done.rows[name] = sum(self._add(name, TABLES[name], some) for some in rows)

    def _document(self) -> Document:
        with self.archive.open(PEOPLE) as file:
            return read(file)  # type: ignore[arg-type]  # it can be read

    def _add_places(self) -> None:
        there = set(Place.objects.values_list("pk", flat=True))
        for row in self.about["places"]:
            if row["id"] not in there:
                Place.objects.bulk_create([built(Place, row)], ignore_conflicts=True)  # type: ignore[list-item]  # it is one

    def _add_erasures(self) -> None:
        """Who was erased there is not to be found here either."""
        for row in lines(self.archive, ERASED):
            if not Erasure.objects.filter(owner=self.owner, places=row["places"]).exists():
                counts = {"rows": {}, "files": 0, "left": {"rows": 0, "files": 0}}
                Erasure.objects.create(
                    owner=self.owner, person=0, places=row["places"], counts=counts
                )

    def _rows(self, name: str, table: Table) -> Iterator[dict[str, Any]]:
        """With the keys of here; without those of whose photo or face there is none."""
        for row in lines(self.archive, f"{name}.jsonl"):
            for column, of in table.refers.items():
                if of != "places":
                    row[column] = self.keys[of].get(row[column])
            if name == "photos":
                files.place(self.owner, row, "original", "thumbnail")
            if name == SEARCHES:
                row["asked"] = self._of_here(row["asked"])
            if all(row[column] for column, of in table.refers.items() if of != "places"):
                yield row

    def _add(self, name: str, table: Table, rows: list[dict[str, Any]]) -> int:
        """Add those of `rows` that are not there; know the keys of all: how many are new."""
        with transaction.atomic():
            hold(self.owner) if name == "faces" else share(self.owner.pk)
            if name == "different":
                rows = [_in_order(row) for row in rows]
            there = self._there(table, rows)
            if name == "faces":
                rows = self._wanted_faces(rows)
                there |= self._same_faces(rows)
            if name == "objects":
                rows = self._wanted_objects(rows)
            new = [row for row in rows if _same(table, row) not in there]
            made = table.model._default_manager.bulk_create(map(self._made(table), new))  # noqa: SLF001  # documented
            there |= {_same(table, row): one.pk for row, one in zip(new, made, strict=True)}
        self.keys[name] |= {row["id"]: there[_same(table, row)] for row in rows}
        return len(new)

    def _made(self, table: Table) -> Any:
        names = {each.attname for each in table.columns} - {"id"}
        is_owned = any(each.attname == "owner_id" for each in table.model._meta.concrete_fields)  # noqa: SLF001  # documented

        def make(row: Mapping[str, Any]) -> Any:
            fields = {each.attname: each for each in table.columns}
            values = {name: fields[name].to_python(row[name]) for name in names}
            return table.model(**values, **({"owner": self.owner} if is_owned else {}))

        return make

    def _there(self, table: Table, rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
        first, *_ = table.same
        some = table.of(self.owner).filter(**{f"{first}__in": {row[first] for row in rows}})
        return {tuple(same): pk for pk, *same in some.values_list("pk", *table.same)}

    def _wanted_faces(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that nobody has erased or deleted here; with their pictures' keys of here."""
        photos = Photo.objects.in_bulk({row["photo_id"] for row in rows})
        for row in rows:
            files.place(self.owner, row, "crop", sha256=photos[row["photo_id"]].sha256)
        if not gone.any_of(self.owner):
            return rows
        boxes = {pk: gone.boxes(photo) for pk, photo in photos.items()}
        return [row for row in rows if not gone.covers(boxes[row["photo_id"]], _box(row))]

    def _same_faces(self, rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], int]:
        """Faces that a model has found here at about the same place."""
        boxes: dict[int, list[Face]] = {row["photo_id"]: [] for row in rows}
        for face in Face.objects.filter(photo__in=boxes).order_by("pk"):
            boxes[face.photo_id].append(face)
        found = {}
        for row in rows:
            alike = [
                each
                for each in boxes[row["photo_id"]]
                if gone.covers([gone.box_of(each)], _box(row))
            ]
            if alike:
                nearest = max(alike, key=lambda each: gone.box_of(each).iou(_box(row)))
                found[_same(TABLES["faces"], row)] = nearest.pk
        return found

    def _wanted_objects(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Not those of photos that the same model has looked at here."""
        done = Analysis.objects.filter(
            operation=OBJECTS, photo__in={row["photo_id"] for row in rows}
        )
        looked_at = set(done.values_list("photo", "recipe"))
        return [row for row in rows if (row["photo_id"], row["recipe"]) not in looked_at]

    def _of_here(self, asked: dict[str, Any]) -> dict[str, Any]:
        """A kept question, with the people of here."""
        if "person_ids" not in asked:
            return asked
        return asked | {
            "person_ids": [self.people[key] for key in asked["person_ids"] if key in self.people]
        }

    def _spaces(self) -> dict[str, Space]:
        """By name. Those that nobody knew here are made."""
        return {
            each["name"]: Space.objects.get_or_create(name=each["name"], defaults=each)[0]
            for each in self.about["spaces"]
        }

    def _add_vectors(self, name: str, spaces: Mapping[str, Space]) -> int:
        table, of = VECTORS[name]
        count, used = 0, set[str]()
        for some in batches(lines(self.archive, f"vectors/{name}.jsonl"), _AT_ONCE):
            known = [row for row in some if row["of"] in self.keys[name]]
            here = {self.keys[name][row["of"]] for row in known}
            rows = table._default_manager.filter(**{f"{of}__in": here})  # noqa: SLF001  # documented
            there = set(rows.values_list(of, "space__name"))
            new = [
                table(
                    owner=self.owner, space=spaces[row["space"]], vector=_numbers(row), **{of: key}
                )
                for row in known
                if ((key := self.keys[name][row["of"]]), row["space"]) not in there
            ]
            table._default_manager.bulk_create(new, ignore_conflicts=True)  # noqa: SLF001
            count, used = count + len(new), used | {row["space"] for row in known}
        for space in sorted(used):
            build_index(table, spaces[space])
        return count

    def _add_people(self, document: Document, spaces: Mapping[str, Space]) -> None:
        """People first, then clusters as they were; then what else was said of faces."""
        import_people(self.owner, Document(document.people, [], [], []))
        self.people = members.known(self.owner, document)
        rows, faces = lines(self.archive, CLUSTERS), self.keys["faces"]
        self.done.clusters = members.add(self.owner, rows, faces, self.people, spaces)
        self._add_all(SEARCHES)
        self.done.people = import_people(self.owner, document)


def import_owner(owner: Owner, file: IO[bytes]) -> Brought:
    """Have with `owner` all that the archive has. What is known here goes before what it says.

    Raises:
        ArchiveInvalid: it is none, damaged, or of a version that is not known here.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return Importing(owner, archive).run()
    except (zipfile.BadZipFile, KeyError, ValueError) as exc:
        raise ArchiveInvalid(f"This archive can't be read: {exc}") from exc


def about_of(archive: zipfile.ZipFile) -> dict[str, Any]:
    """
    Raises:
        ArchiveInvalid: it is no owner's, or of a version that is not known here.
    """
    about: dict[str, Any] = json.loads(archive.read(ABOUT))
    if about.get("format") != FORMAT or about.get("version") != VERSION:
        raise ArchiveInvalid("This is no archive of an owner of a version that is known here.")
    return about


def lines(archive: zipfile.ZipFile, name: str) -> Iterator[dict[str, Any]]:
    with archive.open(name) as file:
        for line in file:
            yield json.loads(line)


def _same(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column] for column in table.same)


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    first, second = sorted((row["first_id"], row["second_id"]))
    return row | {"first_id": first, "second_id": second}


def _box(row: Mapping[str, Any]) -> Box:
    return Box(row["x"], row["y"], row["width"], row["height"])


def _numbers(row: Mapping[str, Any]) -> list[float]:
    numbers: list[float] = unpack([base64.b64decode(row["vector"])])[0].tolist()
    return numbers
