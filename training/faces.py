"""The faces that a head is trained on: reading them, and what is wrong with them."""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training import Refused

NOBODY = -1  # the person of a face that nobody has confirmed
LENGTH_TOLERANCE = 0.01  # of a vector: half precision
NAMED = 3  # faces that a message names

Array = NDArray[np.float32]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Faces:
    """Faces of one space, and whose they are."""

    vectors: Array  # (n, d) of length 1
    person: Integers  # (n,) NOBODY where none is confirmed
    face: Integers  # (n,) ids
    owner: Integers  # (n,) of the photos: nothing is known of people of two owners
    rejected: Integers  # (m, 2) rows of two faces that are not one person
    space: str  # of the vectors
    same_person_cosine: float  # what counts as one person in `space`, -1 to 1
    sha256: str  # of the file

    @classmethod
    def load(cls, file: Path) -> Self:
        """From an npz file.

        Raises:
            Refused: faces_unreadable, field_missing, field_wrong, vectors_not_finite,
                vectors_not_unit, faces_repeated, faces_unknown, labels_contradict.
        """
        content = _read(file)
        try:
            with np.load(BytesIO(content), allow_pickle=False) as stored:
                given = dict(stored)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError) as exc:
            raise Refused("faces_unreadable", f"{file.name} is no npz file: {exc}") from exc
        faces = cls._of(_Fields(given), sha256(content).hexdigest())
        _check_labels(faces)
        return faces

    @classmethod
    def _of(cls, fields: "_Fields", digest: str) -> Self:
        vectors = _unit(fields.numbers("vectors", ("n", "d")))
        face = fields.integers("face", (len(vectors),))
        _check_once(face, fields.integers("person", (len(vectors),)))
        return cls(
            vectors=vectors,
            person=fields.integers("person", (len(vectors),)),
            face=face,
            owner=fields.integers("owner", (len(vectors),), default=np.zeros_like(face)),
            rejected=_rows(fields.integers("rejected", ("m", 2), np.empty((0, 2), int)), face),
            space=fields.text("space"),
            same_person_cosine=fields.cosine("same_person_cosine"),
            sha256=digest,
        )

    def people(self, *, min_faces: int) -> Integers:
        """Those of whom at least `min_faces` are confirmed."""
        people, counts = np.unique(self.person[self.person != NOBODY], return_counts=True)
        return people[counts >= min_faces]

    def strangers(self) -> dict[int, Integers]:
        """For each person: rows of faces that are not theirs, as somebody has said."""
        both = np.concatenate([self.rejected, self.rejected[:, ::-1]])
        theirs = self.person[both[:, 0]]
        return {
            int(one): np.unique(both[theirs == one, 1])
            for one in np.unique(theirs[theirs != NOBODY])
        }


@dataclass(frozen=True)
class _Fields:
    """What a file has, by its names."""

    given: dict[str, NDArray[np.generic]]

    def numbers(self, name: str, shape: tuple[int | str, ...]) -> Array:
        array = self._shaped(name, shape)
        if not np.issubdtype(array.dtype, np.floating):
            raise Refused("field_wrong", f"{name} holds {array.dtype}: give floating point.")
        return array.astype(np.float32)

    def integers(
        self, name: str, shape: tuple[int | str, ...], default: Integers | None = None
    ) -> Integers:
        if default is not None and name not in self.given:
            return default
        array = self._shaped(name, shape)
        if not np.issubdtype(array.dtype, np.integer):
            raise Refused("field_wrong", f"{name} holds {array.dtype}: give integers.")
        return array.astype(np.int64)

    def text(self, name: str) -> str:
        array = self._shaped(name, ())
        if array.dtype.kind != "U" or not str(array):
            raise Refused("field_wrong", f"{name} is no text: give the name of the space.")
        return str(array)

    def cosine(self, name: str) -> float:
        array = self._shaped(name, ())
        value = float(array) if np.issubdtype(array.dtype, np.floating) else np.nan
        if not -1 < value < 1:
            raise Refused("field_wrong", f"{name} is {value}: it lies between -1 and 1.")
        return value

    def _shaped(self, name: str, shape: tuple[int | str, ...]) -> NDArray[np.generic]:
        """The field. A letter in `shape` stands for any size."""
        if name not in self.given:
            raise Refused("field_missing", f"The file has no {name}.")
        array = self.given[name]
        fits = array.ndim == len(shape) and all(
            isinstance(want, str) or want == size
            for want, size in zip(shape, array.shape, strict=True)
        )
        if not fits:
            raise Refused("field_wrong", f"{name} has the shape {array.shape}, not {shape}.")
        return array


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as exc:
        raise Refused("faces_unreadable", f"{file}: {exc.strerror}.") from exc


def _unit(vectors: Array) -> Array:
    """`vectors`, of length 1 to single precision."""
    if not np.isfinite(vectors).all():
        row = int(np.flatnonzero(~np.isfinite(vectors).all(axis=1))[0])
        raise Refused("vectors_not_finite", f"Row {row} of vectors holds what is no number.")
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    if (np.abs(lengths - 1) > LENGTH_TOLERANCE).any():
        row = int(np.abs(lengths - 1).argmax())
        raise Refused(
            "vectors_not_unit",
            f"Row {row} of vectors has the length {lengths[row, 0]:.3g}: all must have 1.",
        )
    return vectors / lengths


def _check_once(face: Integers, person: Integers) -> None:
    order = np.argsort(face, kind="stable")
    again = np.diff(face[order]) == 0
    two = again & (np.diff(person[order]) != 0)
    if two.any():
        raise Refused(
            "labels_contradict",
            f"Faces that are two people at once: {_named(face[order][1:][two])}.",
        )
    if again.any():
        raise Refused("faces_repeated", f"Faces given twice: {_named(face[order][1:][again])}.")


def _rows(ids: Integers, face: Integers) -> Integers:
    """The rows of faces by their ids."""
    known = np.isin(ids, face)
    if not known.all():
        raise Refused("faces_unknown", f"rejected names unknown faces: {_named(ids[~known])}.")
    order = np.argsort(face)
    rows: Integers = order[np.searchsorted(face, ids, sorter=order)]
    return rows


def _check_labels(faces: Faces) -> None:
    first, second = faces.person[faces.rejected].T
    one = (first == second) & (first != NOBODY)
    one |= faces.rejected[:, 0] == faces.rejected[:, 1]
    if one.any():
        pairs = faces.face[faces.rejected[one]].tolist()
        raise Refused(
            "labels_contradict",
            "Pairs that are one person, and were rejected: "
            f"{_shortened([f'{a} and {b}' for a, b in pairs])}.",
        )


def _named(ids: Integers) -> str:
    return _shortened([str(each) for each in np.unique(ids)])


def _shortened(words: Sequence[str]) -> str:
    rest = len(words) - NAMED
    return ", ".join(words[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
