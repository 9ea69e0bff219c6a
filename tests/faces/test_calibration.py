"""A score means the same for every model, and for every owner's faces."""

import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from faces import calibration
from faces.calibration import Scale, Source, fit, refit, refit_space, score_of
from faces.confirmed import OF_EACH, sample
from faces.models import Calibration, Membership
from faces.people import placing
from inference.arrays import Array
from photos.models import Owner, Space
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)

# Cosines of pairs of one person and of two, as the packaged model has them.
_CHANCE = np.random.default_rng(1)
SAME = _CHANCE.normal(0.56, 0.148, 2_000).astype(np.float32)
DIFFERENT = _CHANCE.normal(0.02, 0.108, 20_000).astype(np.float32)
START = Scale(23.5, 0.447)


def around(place: int, count: int, spread: float = 0.35) -> list[Array]:
    """Vectors of somebody: all of them near an axis of their own."""
    chance = np.random.default_rng(place)
    rows = chance.normal(0, spread, (count, 8)) + 2 * np.eye(8)[place % 8]
    return [unit(*row) for row in rows]


def library(owner: Owner, space: Space, *, people: int, faces: int) -> None:
    for place in range(people):
        cluster = make_cluster(owner=owner, space=space, person=make_person(owner=owner))
        for vector in around(place, faces):
            make_face(cluster=cluster, space=space, vector=vector)


class TestScale:
    def test_gives_back_the_cosine_of_a_score(self) -> None:
        assert START.score(START.cosine(0.7)) == pytest.approx(0.7)
        assert START.score(START.middle) == 0.5

    def test_rises_from_0_to_1(self) -> None:
        scores = START.scores(np.linspace(-1, 1, 50))

        assert (np.diff(scores) >= 0).all()
        assert scores[0] == pytest.approx(0, abs=1e-6)
        assert scores[-1] == pytest.approx(1, abs=1e-4)


class TestFit:
    def test_makes_a_score_the_chance_that_two_are_one_person(self) -> None:
        scale = Scale(*fit(SAME, DIFFERENT, START))

        threshold = scale.cosine(0.7)

        assert (threshold <= DIFFERENT).mean() < 1e-3
        assert (threshold <= SAME).mean() > 0.6

    def test_finds_the_numbers_that_made_the_pairs(self) -> None:
        cosines = np.random.default_rng(2).uniform(-0.2, 1.0, 200_000)
        chance = Scale(15.0, 0.5).scores(cosines)
        is_same = np.random.default_rng(3).random(len(cosines)) < chance
        # The fit takes one pair in ONE_IN for one person's: odds that the middle moves by.
        prior = np.log(is_same.mean() / (1 - is_same.mean()) * (calibration.ONE_IN - 1))

        slope, middle = fit(cosines[is_same], cosines[~is_same], START)

        assert slope == pytest.approx(15, rel=0.05)
        assert middle == pytest.approx(0.5 + prior / 15, abs=0.02)

    def test_comes_to_the_same_from_elsewhere(self) -> None:
        near, far = fit(SAME, DIFFERENT, START), fit(SAME, DIFFERENT, Scale(10.0, 0.2))

        assert Scale(*far).cosine(0.7) == pytest.approx(Scale(*near).cosine(0.7), abs=0.02)

    def test_of_nothing_stays_where_it_starts(self) -> None:
        none = np.zeros(0, np.float32)

        assert fit(none, none, START) == pytest.approx((START.slope, START.middle))

    def test_of_few_pairs_goes_a_short_way(self) -> None:
        slope, middle = fit(SAME[:3], DIFFERENT[:20], START)

        assert slope == pytest.approx(START.slope, rel=0.3)
        assert middle == pytest.approx(START.middle, abs=0.05)

    @pytest.mark.parametrize(("same", "different"), [(0.9, -0.2), (0.46, 0.44), (-0.2, 0.9)])
    def test_stays_finite_and_rises_however_pairs_part(self, same: float, different: float) -> None:
        slope, middle = fit(np.full(200, same), np.full(5_000, different), START)

        assert slope > 0
        assert np.isfinite([slope, middle]).all()

    def test_does_not_mind_the_order_of_pairs(self) -> None:
        assert fit(SAME[::-1], DIFFERENT[::-1], START) == fit(SAME, DIFFERENT, START)


@pytest.mark.django_db
class TestScoreOf:
    def test_is_what_the_model_says_at_first(self) -> None:
        space = make_space(same_person_cosine=0.43)

        scale = score_of(space, make_owner())

        assert scale.source == Source.MODEL
        assert scale.cosine(0.7) == pytest.approx(0.483, abs=0.001)

    def test_is_the_owners_own_before_the_spaces(self) -> None:
        space, owner, other = make_space(), make_owner(), make_owner()
        counts = {"same": 60, "different": 900}
        Calibration.objects.create(space=space, slope=20, middle=0.3, **counts)
        Calibration.objects.create(space=space, owner=owner, slope=30, middle=0.4, **counts)

        assert score_of(space, owner) == Scale(30, 0.4, Source.OWNER, 60, 900)
        assert score_of(space, other) == Scale(20, 0.3, Source.SPACE, 60, 900)

    def test_does_not_go_by_another_space(self) -> None:
        Calibration.objects.create(space=make_space(), slope=20, middle=0.3, same=60, different=900)

        assert score_of(make_space(), make_owner()).source == Source.MODEL


@pytest.mark.django_db
class TestRefit:
    def test_goes_by_what_the_owner_has_confirmed(self) -> None:
        owner, space = make_owner(), make_space(same_person_cosine=0.2)
        library(owner, space, people=8, faces=5)

        scale = refit(owner, space)

        assert scale == score_of(space, owner)
        assert (scale.source, scale.same, scale.different) == (Source.OWNER, 80, 700)
        assert scale.cosine(0.7) > 0.25  # safer than the model thought

    def test_twice_changes_nothing(self) -> None:
        owner, space = make_owner(), make_space()
        library(owner, space, people=8, faces=5)

        assert refit(owner, space) == refit(owner, space)
        assert Calibration.objects.count() == 1

    def test_of_too_few_faces_leaves_the_models(self) -> None:
        owner, space = make_owner(), make_space()
        library(owner, space, people=2, faces=3)

        assert refit(owner, space).source == Source.MODEL
        assert not Calibration.objects.exists()

    def test_takes_back_what_is_no_longer_borne_out(self) -> None:
        owner, space = make_owner(), make_space()
        Calibration.objects.create(
            space=space, owner=owner, slope=9, middle=0.1, same=60, different=900
        )

        assert refit(owner, space).source == Source.MODEL
        assert not Calibration.objects.exists()

    def test_knows_nothing_of_other_owners_and_of_faces_that_were_only_matched(self) -> None:
        owner, space = make_owner(), make_space()
        library(make_owner(), space, people=8, faces=5)
        library(owner, space, people=8, faces=5)
        Membership.objects.filter(part__cluster__owner=owner).update(how=Membership.How.MATCHED)

        assert refit(owner, space).source == Source.MODEL

    def test_counts_what_was_said_of_two_faces(self) -> None:
        owner, space = make_owner(), make_space()
        library(owner, space, people=8, faces=5)
        before = refit(owner, space)
        one, other = (
            make_face(photo=make_photo(owner=owner), space=space, vector=unit(1, 0.1 * number))
            for number in range(2)
        )
        person = owner.people.order_by("pk")[0]

        placing.answer(owner, one.pk, other.pk, same=True)
        placing.reject(owner, [one.pk], person)

        after = refit(owner, space)
        assert (after.same, after.different) == (before.same + 1, before.different + 5)


@pytest.mark.django_db
class TestRefitSpace:
    def test_holds_for_all_owners(self) -> None:
        space = make_space(same_person_cosine=0.2)

        scale = refit_space(space, SAME, DIFFERENT)

        assert score_of(space, make_owner()) == scale
        assert (scale.source, scale.same, scale.different) == (Source.SPACE, 2_000, 20_000)
        assert refit_space(space, SAME, DIFFERENT) == scale


@pytest.mark.django_db
class TestSample:
    def test_has_a_few_of_each_and_the_same_each_time(self) -> None:
        owner, space = make_owner(), make_space()
        library(owner, space, people=2, faces=OF_EACH + 5)

        known = sample(owner, space)

        assert np.unique(known.people, return_counts=True)[1].tolist() == [OF_EACH, OF_EACH]
        assert sample(owner, space).faces.tolist() == known.faces.tolist()

    def test_takes_whole_people(self) -> None:
        owner, space = make_owner(), make_space()
        library(owner, space, people=3, faces=4)

        known = sample(owner, space, most=8)

        assert np.unique(known.people, return_counts=True)[1].tolist() == [4, 4]


@pytest.mark.django_db
class TestCalibrate:
    def test_shows_what_is_in_force(self) -> None:
        owner, space = make_owner(subject="anna"), make_space()
        library(owner, space, people=8, faces=5)
        out = StringIO()

        call_command("calibrate", json=True, stdout=out)

        shown = json.loads(out.getvalue())
        assert (shown["owner"], shown["source"], shown["same"]) == ("anna", "owner", 80)
        assert score_of(space, owner).middle == shown["middle"]

    def test_can_be_for_one_owner(self) -> None:
        make_space()
        make_owner(subject="anna")
        make_owner(subject="ben")
        out = StringIO()

        call_command("calibrate", owner="ben", stdout=out)

        assert out.getvalue().startswith("ben: a score of 0.7 is a cosine of 0.5")
        assert out.getvalue().count("\n") == 1

    def test_refuses_an_owner_who_is_not_there(self) -> None:
        make_space()

        with pytest.raises(CommandError, match="There is no owner 'nobody'"):
            call_command("calibrate", owner="nobody")

    def test_before_the_first_face_says_so(self) -> None:
        with pytest.raises(CommandError, match="No face was found yet"):
            call_command("calibrate")
