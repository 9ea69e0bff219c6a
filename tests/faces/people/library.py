"""A small library, and all that staff, workers and a new model might do to it, in any order."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import transaction
from hypothesis import strategies as st

from faces import grouping, matching, moving, reclustering, splitting
from faces.errors import FaceError
from faces.models import Cluster, Edit, Face, Membership, Person
from faces.people import boxes, clearing, looking, merging, naming, placing, redetecting
from faces.people.editing import undo
from faces.services import FindFaces
from inference.arrays import Array
from inference.geometry import Box
from inference.identity import ModelIdentity
from photos.models import Photo, Space
from tests.factories import (
    DIMENSION,
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)
from tests.fakes import IDENTITY, FakeDetector, FakeEmbedder, face_at
from tests.pictures import noise

PHOTOS, FACES_OF_EACH = 5, 3
PLACES = [(10, 10), (210, 10), (410, 10), (10, 210), (210, 210)]  # where faces may be, in pixels
WIDTH, HEIGHT = 50, 60  # of a face
SCENE = noise(width=640, height=480)
NAMES = ["Anna", "Ben", "Cleo"]
SEED = st.integers(0, 3)
Draw = st.DataObject


@dataclass(frozen=True)
class Turning:
    """A head that turns all vectors, stretches some of their numbers, and has them of length 1."""

    seed: int
    identity: ModelIdentity = IDENTITY

    def moved(self, vectors: Array) -> Array:
        chance = np.random.default_rng(self.seed)
        turn, _ = np.linalg.qr(chance.normal(size=(DIMENSION, DIMENSION)))
        moved = vectors @ turn * chance.uniform(0.8, 1.2, DIMENSION)
        return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


class Library:
    """One owner's photos, and what might be done next. `spaces`: the last one is active."""

    def __init__(self, draw: Draw, space: Space) -> None:
        self.draw, self.spaces = draw, [space]
        self.owner, other = make_owner(), make_owner()
        self.stranger = make_cluster(owner=other, faces=2, person=make_person(owner=other))
        clusters = [make_cluster(owner=self.owner, space=space) for _ in range(FACES_OF_EACH)]
        for number in range(PHOTOS):
            photo = make_photo(owner=self.owner)
            for person, (x, y) in enumerate(PLACES[:FACES_OF_EACH]):
                face = make_face(
                    photo=photo, x=x, y=y, width=WIDTH, height=HEIGHT,
                    vector=_look_of(person, number), space=space,
                )  # fmt: skip
                self._place(face, clusters[person])
        Cluster.objects.all().empty().delete()

    def _place(self, face: Face, cluster: Cluster) -> None:
        how = self.draw.draw(st.sampled_from(["clustered", "matched", None]))
        if how:
            Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=0.7)

    @property
    def space(self) -> Space:
        return self.spaces[-1]

    def do(self) -> None:
        """Something, that may be refused."""
        action = self.draw.draw(st.sampled_from(ACTIONS))
        # Nothing may have changed then: what has to hold is checked either way.
        with suppress(FaceError), transaction.atomic():
            action(self)

    # --- Choosing -------------------------------------------------------------------------------

    def some_faces(self) -> list[int]:
        faces = Face.objects.filter(photo__owner=self.owner).order_by("pk")
        keys = st.sampled_from([face.pk for face in faces] or [0])
        return self.draw.draw(st.lists(keys, max_size=4, unique=True))

    def one_of(self, rows: Any) -> Any:
        found = list(rows.order_by("pk"))
        if not found:
            raise FaceError("There is none.")
        return found[self.draw.draw(st.integers(0, len(found) - 1))]

    def cluster(self) -> Cluster:
        found: Cluster = self.one_of(Cluster.objects.filter(owner=self.owner))
        return found

    def person(self) -> Person:
        found: Person = self.one_of(Person.objects.filter(owner=self.owner))
        return found

    def edit(self) -> int:
        found: Edit = self.one_of(Edit.objects.of(self.owner))
        return found.pk

    def photo(self) -> Photo:
        found: Photo = self.one_of(Photo.objects.of(self.owner))
        return found

    def face(self) -> Face:
        faces = Face.objects.with_people().select_related("photo__owner")
        found: Face = self.one_of(faces.filter(photo__owner=self.owner))
        return found

    def flag(self) -> bool:
        return self.draw.draw(st.booleans())

    def name(self) -> str:
        return self.draw.draw(st.sampled_from(NAMES))

    def drawn(self, photo: Photo) -> boxes.Drawn:
        x, y = self.draw.draw(st.sampled_from(PLACES))
        return boxes.look(photo, SCENE, Box(x + 4, y, WIDTH, HEIGHT), self.models([]))

    def models(self, places: list[tuple[int, int]]) -> FindFaces:
        """They see a face in each of `places`, and have vectors in the active space."""
        identity = replace(IDENTITY, role=self.space.role, space=self.space.name)
        seen = [face_at(x, y, side=55) for x, y in places]
        looks = [_look_of(number, 0) for number in range(PHOTOS * FACES_OF_EACH)]
        return FindFaces(FakeDetector(seen), FakeEmbedder(looks, identity), "other")

    # --- Doing ----------------------------------------------------------------------------------

    def answer(self) -> None:
        [first, second, *_] = [*self.some_faces(), 0, 0]
        placing.answer(self.owner, first, second, same=self.flag())

    def match(self) -> None:
        """What comes by itself: a face that nobody has placed joins a cluster."""
        alone = Face.objects.alone().filter(photo__owner=self.owner, ignored=False)
        face, cluster = self.one_of(alone), self.cluster()
        join = matching.Join(cluster.pk, 0.6)
        matching.admit(self.owner.pk, {face.pk: join})

    def split_by_looks(self) -> None:
        cluster = self.cluster()
        _, *going = splitting.parts(cluster, self.space)
        placing.split_apart(cluster, going)

    def redetect(self) -> None:
        photo = self.photo()
        places = self.draw.draw(st.lists(st.sampled_from(PLACES), unique=True))
        find = self.models(places)
        redetecting.apply(redetecting.look(photo, SCENE, find), SCENE, find)

    def draw_face(self) -> None:
        photo = self.photo()
        boxes.add(photo, self.drawn(photo), person=self.person() if self.flag() else None)

    def move_box(self) -> None:
        face = self.face()
        boxes.move(face, self.drawn(face.photo))

    def train(self) -> None:
        """A head is published, all vectors go through it, and it is switched to."""
        new = make_space(role="face_matcher")
        for _ in moving.fill(Turning(self.draw.draw(SEED)), self.spaces[0], new):
            pass
        self.spaces.append(new)

    def roll_back(self) -> None:
        """The head before is active again, and gets what came meanwhile where it can."""
        if len(self.spaces) > 1:
            self.spaces.pop()


def _look_of(person: int, photo: int) -> Array:
    """Vectors of a person are alike, and not the same: some pairs are doubtful."""
    own = np.eye(DIMENSION)[person % DIMENSION]
    chance = np.random.default_rng(100 * person + photo)
    return unit(*(own + chance.normal(scale=0.3, size=DIMENSION)))


ACTIONS: list[Callable[[Library], Any]] = [
    lambda own: naming.name_cluster(own.cluster(), own.name()),
    lambda own: naming.create(own.owner, own.name(), faces=own.some_faces()),
    lambda own: naming.change(own.person(), name=own.name(), hidden=own.flag()),
    lambda own: naming.change(own.person(), aliases=[own.name()]),
    lambda own: naming.change(own.person(), ignored=own.flag()),
    lambda own: naming.change(own.person(), unrecognised=own.flag()),
    lambda own: naming.delete(own.person()),
    lambda own: placing.assign(own.owner, own.some_faces(), own.person()),
    lambda own: placing.move(own.owner, own.some_faces(), own.cluster()),
    lambda own: placing.remove(own.owner, own.some_faces()),
    lambda own: placing.confirm(own.owner, own.some_faces()),
    lambda own: placing.reject(own.owner, own.some_faces(), own.person()),
    lambda own: placing.split(own.cluster(), own.some_faces()),
    lambda own: placing.ignore(own.owner, own.some_faces(), ignored=own.flag()),
    lambda own: placing.mark(own.cluster(), hidden=own.flag()),
    lambda own: merging.merge(own.owner, own.cluster().public_id, [own.cluster().public_id]),
    lambda own: merging.merge_people(own.owner, own.person(), [own.person()]),
    lambda own: undo(own.owner, own.edit(), None),
    lambda own: grouping.group(own.owner, own.space),
    lambda own: reclustering.recluster(own.owner, own.space),
    lambda own: clearing.clear(own.owner),
    lambda own: looking.look(own.photo(), SCENE, own.models([])),
    lambda own: boxes.delete(own.face()),
    Library.answer,
    Library.match,
    Library.split_by_looks,
    Library.redetect,
    Library.draw_face,
    Library.move_box,
    Library.train,
    Library.roll_back,
]
