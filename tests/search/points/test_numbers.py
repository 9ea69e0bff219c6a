"""Ids of points of photos and faces."""

import pytest

from faces.models import Face
from photos.models import Owner, Reference
from search.errors import TooManyFaces
from search.models import FaceNumber
from search.points import numbers
from search.points.numbers import OURS
from tests.factories import make_face, make_owner, make_photo
from tests.search.points.arranged import make_faces, make_named_photo

pytestmark = pytest.mark.django_db


class TestPhotos:
    @pytest.mark.parametrize("name", ["0", "7", "123", "9" * 15])
    def test_have_the_number_that_their_external_id_is(self, owner: Owner, name: str) -> None:
        photo = make_named_photo(owner, name)

        assert numbers.of_photo(photo) == int(name)

    @pytest.mark.parametrize(
        "name", ["image-789", "007", "-1", "+1", "1.0", " 1", "1\n", "\uff11", "1" + "0" * 15]
    )
    def test_have_one_of_ours_where_it_is_none(self, owner: Owner, name: str) -> None:
        photo = make_named_photo(owner, name)

        assert numbers.of_photo(photo) == numbers.of_photo(photo, name) == OURS + photo.pk

    def test_have_one_for_each_id_that_is_a_number(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "a", "9", "7")

        by_name = {name: numbers.of_photo(photo, name) for name in ("", "a", "9", "7", "unknown")}

        assert by_name == {"": 9, "a": 9, "9": 9, "7": 7, "unknown": 9}

    def test_keep_theirs_from_others_of_the_same_name(self, owner: Owner) -> None:
        mine, foreign = (make_named_photo(each, "5") for each in (owner, make_owner()))

        assert numbers.of_photo(mine) == numbers.of_photo(foreign) == 5

    def test_lose_it_to_the_photo_that_the_id_means_now(self, owner: Owner) -> None:
        before, now = make_named_photo(owner, "5"), make_photo(owner=owner)

        Reference.objects.filter(external_id="5").update(photo=now)

        assert numbers.of_photo(before) == OURS + before.pk
        assert numbers.of_photo(now) == 5


class TestFaces:
    def test_are_numbered_within_their_photo(self, owner: Owner) -> None:
        photo, other = make_named_photo(owner, "123"), make_photo(owner=owner)
        first, foreign, second = (make_face(photo=each).pk for each in (photo, other, photo))

        assert numbers.of_faces(photo) == {first: 123000, second: 123001}
        assert numbers.of_faces(other) == {foreign: (OURS + other.pk) * 1000}

    def test_are_numbered_in_their_order_where_they_come_together(self, owner: Owner) -> None:
        photos = [make_photo(owner=owner) for _ in range(2)]
        rows = [
            Face(photo=photo, x=x, y=0, width=1, height=1, landmarks=[], confidence=1, quality=1)
            for x in range(3)
            for photo in photos
        ]

        Face.objects.bulk_create(rows)

        given = dict(FaceNumber.objects.values_list("face", "number"))
        assert [given[row.pk] for row in rows] == [0, 0, 1, 1, 2, 2]

    def test_leave_their_number_to_nobody(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        kept, gone = make_faces(photo, 2)
        Face.objects.filter(pk=gone).delete()

        [new] = make_faces(photo, 1)

        assert numbers.of_faces(photo) == {kept: 1000, new: 1002}

    def test_have_it_again_when_they_come_back(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        face = make_face(photo=photo)
        Face.objects.filter(pk=face.pk).delete()
        make_face(photo=photo)

        face.save(force_insert=True)

        assert numbers.of_faces(photo)[face.pk] == 1000

    def test_take_their_numbers_along_with_the_photo(self, owner: Owner) -> None:
        photo = make_photo(owner=owner)
        make_faces(photo, 2)

        photo.delete()

        assert not FaceNumber.objects.exists()

    def test_are_refused_where_they_are_too_many(self, owner: Owner) -> None:
        photo = make_named_photo(owner, "1")
        make_face(photo=photo)
        FaceNumber.objects.filter(photo=photo).update(number=998)
        assert list(numbers.of_faces(photo).values()) == [1998]
        make_face(photo=photo)

        with pytest.raises(TooManyFaces, match=rf"Photo {photo.pk} has more than 999 faces"):
            numbers.of_faces(photo)
