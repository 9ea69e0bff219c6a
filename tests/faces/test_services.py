"""What is kept of the faces of a photo, and what becomes of poor ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from django.db import IntegrityError

from faces import grouping
from faces.models import Face, GroupingDue
from faces.quality import CORE_QUALITY
from faces.services import FindFaces, describe, spaces_of
from inference.arrays import RGB
from inference.faces import DetectedFace
from photos.models import Owner, Photo, Space
from photos.operations import Place
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)
from tests.fakes import IDENTITY, MOVES, FakeDetector, FakeEmbedder, FakeHead, face_at
from tests.pictures import noise

SCENE = noise(width=640, height=480)
LAST = (0, 0, 0, 0, 0, 0, 0, 1)  # what a head sees of the first number


def turned(face: DetectedFace) -> DetectedFace:
    """The same, with its nose below its right eye."""
    landmarks = face.landmarks.copy()
    landmarks[2, 0] = landmarks[1, 0]
    return replace(face, landmarks=landmarks)


def seen(
    photo: Photo, *faces: DetectedFace, image: RGB = SCENE, recipe: str = "fakes"
) -> list[Face]:
    """The rows of the faces, best quality first, after they were found in `photo`."""
    vectors = [unit(*np.eye(len(faces))[row]) for row in range(len(faces))]
    operation = FindFaces(FakeDetector(list(faces)), FakeEmbedder(vectors), recipe)
    store = operation.look(image).keep(Place(photo.owner, "some/folder"))
    store(photo)
    return list(photo.faces.order_by("-quality"))


def crops(faces: list[Face]) -> dict[float, bytes]:
    """What the crops show now, by where the faces are."""
    return {face.x: Path(face.crop.path).read_bytes() for face in faces}


@pytest.mark.django_db
class TestStoredFaces:
    def test_say_why_they_are_poor(self) -> None:
        good, small, far = seen(
            make_photo(), face_at(10, 10, side=120), face_at(300, 300, side=30),
            turned(face_at(400, 10, side=20, score=0.6)),
        )  # fmt: skip

        assert good.quality_reasons == []
        assert small.quality_reasons == ["small"]
        assert far.quality_reasons == ["small", "turned", "uncertain"]

    def test_say_it_of_a_blurred_face(self) -> None:
        plain = np.full((480, 640, 3), 128, np.uint8)

        [face] = seen(make_photo(), face_at(10, 10, side=120), image=plain)

        assert face.quality_reasons == ["blurred"]

    def test_are_kept_however_poor(self) -> None:
        photo = make_photo()

        seen(photo, turned(face_at(400, 10, side=8, score=0.5)))

        assert photo.faces.get().quality < CORE_QUALITY

    def test_are_the_same_after_the_photo_was_looked_at_in_another_way(self) -> None:
        photo = make_photo()
        before = seen(photo, face_at(10, 10, side=120))

        after = seen(photo, face_at(11, 10, side=120), face_at(300, 300, side=30))

        assert len(after) == 2
        assert after[0] == before[0]

    def test_keep_their_crops_when_another_model_finds_them_in_another_order(self) -> None:
        photo = make_photo()
        left, right = face_at(10, 10, side=120), face_at(300, 300, side=60)
        before = crops(seen(photo, left, right))

        after = crops(seen(photo, right, left, recipe="other fakes"))

        assert after == before
        assert len(set(after.values())) == 2

    def test_have_no_reasons_but_known_ones(self) -> None:
        with pytest.raises(IntegrityError, match="face_quality_reasons_are_known"):
            make_face(quality_reasons=["small", "ugly"])


class TestDescribe:
    def test_asks_nothing_for_no_face(self) -> None:
        embedder = FakeEmbedder()
        find = FindFaces(FakeDetector(), embedder, "fakes")

        assert describe(SCENE, [], find.looks) == []
        assert embedder.calls == 0


@pytest.mark.django_db
class TestFacesBehindAHead:
    @pytest.fixture(autouse=True)
    def _spaces(self) -> None:
        """An index is not made in a transaction that has written vectors."""
        spaces_of([IDENTITY, MOVES])

    def test_are_kept_as_the_embedder_and_the_head_see_them(self) -> None:
        photo = make_photo()
        embedder, head = FakeEmbedder([unit(1), unit(0, 1)]), FakeHead()
        find = FindFaces(FakeDetector([face_at(10), face_at(300)]), embedder, "fakes", head)

        for _ in range(2):  # twice changes nothing
            find.look(SCENE).keep(Place(photo.owner, "some/folder"))(photo)

        left, right = photo.faces.order_by("x")
        assert looks(left) == {IDENTITY.space: unit(1).tolist(), MOVES.space: unit(*LAST).tolist()}
        assert looks(right)[MOVES.space] == unit(*LAST[1:], 0).tolist()
        assert (embedder.calls, head.calls) == (2, 2)

    def test_are_compared_and_grouped_by_the_head(self) -> None:
        known, space = make_photo(), Space.objects.get(name=MOVES.space)
        anna = make_cluster(owner=known.owner, person=make_person(owner=known.owner))
        make_face(photo=known, space=space, vector=unit(*LAST), cluster=anna)
        photo = make_photo(owner=known.owner)
        found = [face_at(10), face_at(300)]
        find = FindFaces(
            FakeDetector(found), FakeEmbedder([unit(1), unit(0, 1)]), "fakes", FakeHead()
        )

        find.look(SCENE).keep(Place(photo.owner, "some/folder"))(photo)

        left, right = photo.faces.with_people().order_by("x")
        assert (left.cluster, right.cluster) == (anna, None)
        assert [due.space for due in GroupingDue.objects.all()] == [space]

    def test_get_what_they_lack_when_the_photo_is_looked_at_again(self) -> None:
        photo, space = make_photo(), Space.objects.get(name=MOVES.space)
        known = make_face(
            photo=photo, x=10, y=10, width=120, height=120, space=space, vector=unit(*LAST)
        )
        seeing = FakeDetector([face_at(10, 10, side=120)]), FakeEmbedder([unit(0, 1)])

        FindFaces(*seeing, "fakes", FakeHead()).look(SCENE).keep(Place(photo.owner, "a"))(photo)

        assert photo.faces.get() == known
        assert looks(known) == {
            IDENTITY.space: unit(0, 1).tolist(), MOVES.space: unit(*LAST).tolist(),
        }  # fmt: skip

    def test_of_somebody_who_is_not_to_be_recognised_are_seen_by_neither(self) -> None:
        photo = make_photo()
        secret = make_person(owner=photo.owner, unrecognised=True)
        known = make_face(
            photo=photo, x=10, y=10, width=120, height=120,
            cluster=make_cluster(owner=photo.owner, person=secret),
        )  # fmt: skip
        seeing = FakeDetector([face_at(10, 10, side=120)]), FakeEmbedder([unit(1)])

        FindFaces(*seeing, "fakes", FakeHead()).look(SCENE).keep(Place(photo.owner, "a"))(photo)

        assert (photo.faces.get(), looks(known)) == (known, {})


def looks(face: Face) -> dict[str, list[float]]:
    """The vectors of `face` by the names of their spaces."""
    return {each.space.name: each.vector for each in face.vectors.all()}


@pytest.mark.django_db
class TestPoorFaces:
    """They are never what a cluster begins with, and bridge none."""

    @pytest.fixture
    def owner(self) -> Owner:
        return make_owner()

    def test_form_no_cluster(self, owner: Owner) -> None:
        space = make_space()
        for _ in range(3):
            make_face(
                photo=make_photo(owner=owner), space=space, vector=unit(1), quality=0.4,
                quality_reasons=["small"],
            )  # fmt: skip

        assert grouping.group(owner, space) == grouping.Grouped(0, 0, 0)

    def test_join_one_of_good_faces(self, owner: Owner) -> None:
        space = make_space()
        for quality in (0.9, 0.9, 0.1):
            photo = make_photo(owner=owner)
            make_face(photo=photo, space=space, vector=unit(1), quality=quality)

        assert grouping.group(owner, space) == grouping.Grouped(0, 1, 3)
