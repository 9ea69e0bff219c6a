"""What a head is trained on."""

from pathlib import Path

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from faces.errors import TrainingRefused
from faces.models import Membership, Pair, Person, Rejection
from faces.training import NOBODY, Labelled, labelled
from photos.models import Space
from tests.factories import make_cluster, make_face, make_person, make_photo, make_space, unit

pytestmark = pytest.mark.django_db
MANUAL, MATCHED = Membership.How.MANUAL, Membership.How.MATCHED


@pytest.fixture
def space() -> Space:
    return make_space()


def add(person: Person, space: Space, *, how: str = MANUAL, ignored: bool = False) -> int:
    """A face of `person`, with a vector."""
    cluster = person.clusters.first() or make_cluster(owner=person.owner, person=person)
    photo = make_photo(owner=person.owner)
    face = make_face(photo=photo, space=space, vector=unit(1, 1), ignored=ignored)
    Membership.objects.create(face=face, part_id=cluster.pk, how=how, similarity=0.9)
    return face.pk


def people(found: Labelled) -> dict[int, int]:
    return {face: said.person for face, said in zip(found.faces, found.said, strict=True)}


class TestLabelled:
    def test_are_the_faces_that_owners_have_confirmed(self, space: Space) -> None:
        anna, ben = make_person(), make_person()
        confirmed = {add(anna, space): anna.pk, add(ben, space): ben.pk}
        add(anna, space, how=MATCHED)
        make_cluster(owner=anna.owner, faces=1)

        found = labelled(space)

        assert people(found) == confirmed
        assert {said.owner for said in found.said} == {anna.owner_id, ben.owner_id}
        assert (found.vectors.shape, found.rejected) == ((2, space.dimension), [])

    @pytest.mark.parametrize("what", ["ignored", "unrecognised"])
    def test_are_of_nobody_who_is_left_out_of_matching(self, space: Space, what: str) -> None:
        add(make_person(), space)
        Person.objects.update(**{what: True})

        assert labelled(space).faces == []

    def test_are_not_those_that_are_ignored(self, space: Space) -> None:
        add(make_person(), space, ignored=True)

        assert labelled(space).faces == []

    def test_are_of_one_space(self, space: Space) -> None:
        add(make_person(), make_space())

        found = labelled(space)

        assert (found.faces, found.vectors.shape) == ([], (0, space.dimension))

    def test_have_what_was_rejected_beside_somebodys_face(self, space: Space) -> None:
        anna = make_person()
        hers = add(anna, space)
        other = make_face(photo=make_photo(owner=anna.owner), space=space, vector=unit(1))
        Rejection.objects.create(face=other, person=anna)

        found = labelled(space)

        assert people(found) == {hers: anna.pk, other.pk: NOBODY}
        assert found.rejected == [(other.pk, hers)]

    def test_have_two_that_are_said_to_differ_if_one_is_known(self, space: Space) -> None:
        anna = make_person()
        hers = add(anna, space)
        one, other = (
            make_face(photo=make_photo(owner=anna.owner), space=space, vector=unit(1)).pk
            for _ in range(2)
        )
        Pair.objects.create(owner=anna.owner, first_id=hers, second_id=one, same=False)
        Pair.objects.create(owner=anna.owner, first_id=one, second_id=other, same=False)

        found = labelled(space)

        assert people(found) == {hers: anna.pk, one: NOBODY}
        assert found.rejected == [(hers, one)]

    def test_are_refused_if_two_names_are_said_to_be_one_person(self, space: Space) -> None:
        anna = make_person()
        first, second = add(anna, space), add(make_person(owner=anna.owner), space)
        Pair.objects.create(owner=anna.owner, first_id=first, second_id=second, same=True)

        with pytest.raises(TrainingRefused, match=f"{first} and {second}") as refused:
            labelled(space)

        assert refused.value.code == "labels_contradict"

    @pytest.mark.parametrize("count", [1, 3])
    def test_cost_as_many_queries_however_many_they_are(
        self, count: int, space: Space, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(count):
            add(make_person(), space)

        with django_assert_num_queries(5):
            labelled(space)

    def test_are_saved_as_the_trainer_reads_them(self, space: Space, tmp_path: Path) -> None:
        anna = make_person()
        face = add(anna, space)

        labelled(space).save(tmp_path / "faces.npz", space)

        with np.load(tmp_path / "faces.npz", allow_pickle=False) as stored:
            told = {name: value.tolist() for name, value in stored.items()}
        vectors = told.pop("vectors")
        assert np.allclose(vectors, [unit(1, 1)], atol=1e-3)
        assert told == {
            "face": [face],
            "person": [anna.pk],
            "owner": [anna.owner_id],
            "rejected": [],
            "space": space.name,
            "same_person_cosine": 0.5,
        }
