from typing import Any

import pytest

from local.findings import Box
from local.report import (
    Failure,
    Outcome,
    Sighting,
    counted,
    faults,
    groups,
    sightings,
    usual_work,
)
from tests.local.findings import make_face, make_group, make_report, make_scene

PEOPLE = {"Anna": ("a1.jpg", "a2.jpg"), "Ben": ("b1.jpg", "b2.jpg")}


class TestReport:
    def test_summary_tells_of_every_photo(self) -> None:
        box = Box(1.23456, 2, 30, 40)
        face = make_face(box=box, confidence=0.98765432, cluster="clu_a", person="Anna")
        failure = Failure("image_truncated", "The photo ends too early.")

        report = make_report(Outcome("a.jpg", None, [face]), Outcome("b.jpg", failure))

        nothing = make_scene(
            things=[], tags=[], context=None, lines=[], captions=[], spaces={}, recipes={}
        ).summary()
        assert report.summary()["photos"] == [
            {
                **nothing,
                "name": "a.jpg",
                "error": None,
                "faces": [
                    {
                        "box": {"x": 1.23, "y": 2, "width": 30, "height": 40},
                        "confidence": 0.9877,
                        "cluster": "clu_a",
                        "person": "Anna",
                    }
                ],
            },
            {
                **nothing,
                "name": "b.jpg",
                "error": {"code": "image_truncated", "detail": "The photo ends too early."},
                "faces": [],
            },
        ]

    def test_summary_tells_of_what_is_in_a_photo_beside_faces(self) -> None:
        scene = make_scene()

        (photo,) = make_report(Outcome("a.jpg", scene=scene)).summary()["photos"]

        assert photo == {"name": "a.jpg", "error": None, "faces": [], **scene.summary()}

    def test_summary_adds_up_the_stages(self) -> None:
        summary = make_report(Outcome("a.jpg"), Outcome("b.jpg"), Outcome("c.jpg")).summary()

        assert summary["stages"] == {"models": 2.0, "photos": 0.5, "total": 2.5}

    def test_counts_the_photos_that_did_not_wait_for_models(self) -> None:
        summary = make_report(Outcome("a.jpg"), Outcome("b.jpg"), Outcome("c.jpg")).summary()

        assert summary["photos_per_s"] == 4.0

    def test_has_no_rate_of_a_single_photo(self) -> None:
        assert make_report(Outcome("a.jpg")).summary()["photos_per_s"] is None

    def test_calls_groups_by_their_person_or_a_number(self) -> None:
        named = make_group("a.jpg", person="Anna", name="clu_n")
        others = [make_group("b.jpg", name="clu_b"), make_group("c.jpg", name="clu_c")]

        titles = make_report(groups=[named, *others]).titles

        assert titles == {"clu_n": "Anna", "clu_b": "Person 1", "clu_c": "Person 2"}

    def test_summary_names_the_photos_of_a_cluster(self) -> None:
        group = make_group("a1.jpg", "a2.jpg", person="Anna")

        (cluster,) = make_report(groups=[group]).summary()["clusters"]

        assert (cluster["id"], cluster["label"]) == ("clu_a", "unknown_cluster_clu_a")
        assert cluster["person"] == "Anna"
        assert [face["photos"] for face in cluster["faces"]] == [["a1.jpg"], ["a2.jpg"]]

    def test_knows_faces_of_no_cluster(self) -> None:
        alone, with_others = make_face(1), make_face(2, cluster="clu_a")

        report = make_report(Outcome("a.jpg", None, [alone, with_others]))

        assert report.alone == [Sighting(["a.jpg"], alone)]


class TestSightings:
    def test_have_a_face_once_with_all_copies_of_its_photo(self) -> None:
        face = make_face()

        seen = sightings([Outcome("a.jpg", None, [face]), Outcome("copy.jpg", None, [face])])

        assert seen == [Sighting(["a.jpg", "copy.jpg"], face)]


class TestGroups:
    def test_have_their_faces_named_ones_first_then_large_ones(self) -> None:
        told: list[dict[str, Any]] = [
            {"id": "clu_s", "label": "unknown_cluster_s", "person": None},
            {"id": "clu_l", "label": "unknown_cluster_l", "person": None},
            {"id": "clu_n", "label": "person_1", "person": {"id": 1, "name": "Anna"}},
        ]
        faces = [make_face(n, cluster=c) for n, c in enumerate(("clu_s", "clu_l", "clu_l"))]

        found = groups(told, [Outcome("a.jpg", None, faces)])

        assert [(group.id, len(group.sightings)) for group in found] == [
            ("clu_n", 0),
            ("clu_l", 2),
            ("clu_s", 1),
        ]
        assert found[0].person == "Anna"


class TestUsualWork:
    def test_is_of_the_photos_that_went_through_a_stage(self) -> None:
        outcomes = [
            Outcome("a.jpg", work_ms={"fetch": 1.0, "faces": 30.0}),
            Outcome("b.jpg", work_ms={"fetch": 2.0}),
        ]

        assert usual_work(outcomes) == {"fetch": 1.5, "faces": 30.0}

    def test_is_not_moved_by_the_photo_that_waited_for_models(self) -> None:
        outcomes = [Outcome("a.jpg", work_ms={"faces": took}) for took in (9000.0, 30.0, 32.0)]

        assert usual_work(outcomes) == {"faces": 32.0}


class TestFaults:
    def test_are_none_when_people_are_together_and_strangers_apart(self) -> None:
        found = [make_group("a1.jpg", "a2.jpg"), make_group("b1.jpg", "b2.jpg")]

        assert faults(found, PEOPLE) == []

    def test_name_a_person_whose_photos_are_not_together(self) -> None:
        found = [make_group("a1.jpg", "a2.jpg"), make_group("b1.jpg")]

        assert faults(found, PEOPLE) == ["The photos of Ben are not together: b1.jpg, b2.jpg."]

    @pytest.mark.parametrize("stranger", ["b1.jpg", "somebody.jpg"])
    def test_name_photos_of_strangers_in_one_cluster(self, stranger: str) -> None:
        mixed = make_group("a1.jpg", "a2.jpg", stranger)

        found = faults([mixed], {"Anna": PEOPLE["Anna"]})

        names = ", ".join(sorted(["a1.jpg", "a2.jpg", stranger]))
        assert found == [f"Strangers are taken for one person, in {names}."]


class TestCounted:
    def test_is_one_or_many(self) -> None:
        assert counted(1, "photo") == "1 photo"
        assert counted(2, "photo") == "2 photos"
        assert counted(0, "person", "people") == "0 people"
