"""`manage.py faces`: each step for each owner, pipelines, and what is said when one fails."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from faces import grouping
from faces.models import Centroid, Cluster, Edit, Membership
from faces.people import naming
from jobs import collection
from jobs.models import Job
from photos import roles
from photos.models import Owner, ServedModel, Space
from tests.factories import (
    make_cluster,
    make_owner,
    unit,
)
from tests.heads import HEAD, SPACE, make_repository
from tests.jobs.commanded import (
    anna,
    faces,
    run,
    space,
    told,
)

__all__ = ["anna", "space"]  # fixtures


@pytest.fixture
def six(anna: Owner, space: Space) -> list[int]:
    """Faces of two people, three of each."""
    return faces(anna, space, *[unit(1, 0)] * 3, *[unit(0, 1)] * 3)


class TestClustering:
    @pytest.mark.parametrize("what", ["cluster", "cluster-dual"])
    def test_groups_the_faces_of_no_cluster(self, what: str, six: list[int]) -> None:
        assert run(what) == f"anna: {what}: joined 0, clusters 2, faces 6\n"
        assert Cluster.objects.count() == 2

    @pytest.mark.parametrize("what", ["cluster", "cluster-dual", "assign", "recluster"])
    def test_twice_changes_nothing_more(self, what: str, six: list[int]) -> None:
        run("cluster")
        before = list(Membership.objects.order_by("pk").values())

        run(what)

        assert list(Membership.objects.order_by("pk").values()) == before

    @pytest.mark.parametrize(
        ("what", "outcome"),
        [
            ("cluster", {"joined": 0, "clusters": 2, "faces": 6}),
            ("assign", {"joined": 0, "clusters": 0, "faces": 0}),
        ],
    )
    def test_only_tells_in_a_dry_run(
        self, what: str, outcome: dict[str, int], six: list[int]
    ) -> None:
        assert told(what, "--dry-run") == [{"owner": "anna", what: outcome}]
        assert (Cluster.objects.count(), Job.objects.count()) == (0, 0)

    def test_obeys_its_options(self, six: list[int]) -> None:
        options = ("--max-faces", "5", "--unknown-method", "dbscan", "--min-cluster-size", "3")

        [work] = told("cluster-dual", *options, "--person-threshold", "0.8")

        assert work["cluster-dual"] == {"joined": 0, "clusters": 1, "faces": 3}

    def test_matches_only_those_above_the_threshold(self, anna: Owner, space: Space) -> None:
        named = make_cluster(owner=anna, space=space)
        faces(anna, space, unit(1, 0), cluster=named)
        naming.name_cluster(named, "Zoe")
        faces(anna, space, unit(1, 1.2))

        [strict] = told("assign", "--dry-run", "--person-threshold", "0.99")
        [loose] = told("assign", "--dry-run", "--person-threshold", "0.5")

        assert (strict["assign"]["joined"], loose["assign"]["joined"]) == (0, 1)

    def test_anew_tells_first_and_can_be_undone(self, anna: Owner, space: Space) -> None:
        wrong = make_cluster(owner=anna, space=space)
        faces(anna, space, *[unit(1, 0)] * 3, *[unit(0, 1)] * 3, cluster=wrong)

        [first] = told("recluster", "--dry-run")
        assert (first["recluster"]["moved"], Edit.objects.count()) == (3, 0)
        [then] = told("recluster")

        assert then["recluster"]["edit"] == Edit.objects.get().pk

    def test_as_a_job_is_left_to_a_worker(self, anna: Owner, six: list[int]) -> None:
        [work] = told("cluster-dual", "--queue", "--max-faces", "5")

        job = Job.objects.get()
        assert work == {"owner": "anna", "cluster-dual": {"job": str(job.pk)}}
        assert (job.kind, job.owner) == (Job.Kind.DUAL, anna)
        assert job.arguments == {"max_faces": 5, "dry_run": False}
        assert Cluster.objects.count() == 0

    def test_is_taken_back(self, six: list[int]) -> None:
        run("cluster")

        assert told("clear", "--dry-run")[0]["clear"] == {"faces": 6, "clusters": 2}
        assert Cluster.objects.count() == 2
        assert run("clear") == "anna: clear: faces 6, clusters 2\n"
        assert Cluster.objects.count() == 0

    def test_has_its_means_computed_anew(self, six: list[int]) -> None:
        run("cluster")

        assert run("centroids") == "anna: centroids: clusters 2\n"
        assert Centroid.objects.count() == 2

    def test_is_told_in_numbers(self, six: list[int]) -> None:
        run("cluster")

        [work] = told("stats")

        assert work["stats"]["faces"]["total"] == 6
        assert work["stats"]["clusters"] == {"total": 2, "named": 0}
        assert "faces.total 6, " in run("stats")


class TestOwners:
    def test_are_all_unless_one_is_named(self, six: list[int], space: Space) -> None:
        ben = make_owner(subject="ben")
        faces(ben, space, *[unit(1, 0)] * 3)

        assert told("cluster", "--owner", "ben") == [
            {"owner": "ben", "cluster": {"joined": 0, "clusters": 1, "faces": 3}}
        ]
        assert Cluster.objects.filter(owner__subject="anna").count() == 0
        assert [work["owner"] for work in told("cluster")] == ["anna", "ben"]

    def test_that_are_not_there_are_named(self, anna: Owner) -> None:
        with pytest.raises(CommandError, match=r"^There is no owner 'nobody'\.$"):
            run("cluster", "--owner", "nobody")

    def test_come_with_photos(self, db: None) -> None:
        with pytest.raises(CommandError, match=r"^There are no owners yet: "):
            run("stats")

    def test_do_not_wait_for_what_is_wrong_with_another(self, six: list[int], space: Space) -> None:
        ben = make_owner(subject="ben")
        faces(ben, space, *[unit(1, 0)] * 3)

        with held(Owner.objects.get(subject="anna")), pytest.raises(CommandError) as failed:
            run("cluster", "--wait", "0")

        assert str(failed.value) == "anna: cluster: These faces are being grouped right now."
        assert failed.value.returncode == 75
        assert [each.owner for each in Cluster.objects.all()] == [ben]


@contextmanager
def held(owner: Owner) -> Iterator[None]:
    """Somebody else groups the owner's faces."""
    parameters = connection.get_connection_params()
    parameters = {
        name: parameters[name] for name in ("dbname", "user", "host") if name in parameters
    }
    with closing(psycopg.connect(**parameters, autocommit=True)) as other:
        other.execute("SELECT pg_advisory_lock(%s, %s)", [grouping._LOCK, owner.pk])  # noqa: SLF001
        yield


class TestErrors:
    def test_are_in_the_json_too(self, six: list[int]) -> None:
        shown = StringIO()

        with held(Owner.objects.get()), pytest.raises(CommandError):
            call_command("faces", "cluster", "--json", "--wait", "0", stdout=shown)

        assert json.loads(shown.getvalue()) == {
            "owner": "anna",
            "error": {
                "step": "cluster",
                "code": "grouping_busy",
                "detail": "These faces are being grouped right now.",
            },
        }

    @pytest.mark.parametrize("what", ["cluster", "assign", "recluster", "centroids"])
    def test_say_that_no_face_was_found_yet(self, what: str, anna: Owner) -> None:
        with pytest.raises(CommandError, match=rf"^anna: {what}: No face was found") as failed:
            run(what)
        assert failed.value.returncode == 1

    def test_say_so_of_a_job_as_well(self, anna: Owner) -> None:
        with pytest.raises(CommandError, match="No face was found"):
            run("cluster", "--queue")
        assert Job.objects.count() == 0

    def test_say_that_no_model_finds_faces(self, anna: Owner) -> None:
        with pytest.raises(CommandError, match="No model here does 'faces'"):
            run("backfill")

    def test_say_that_the_repository_is_empty(self, db: None, settings: Any, tmp_path: Any) -> None:
        settings.MODEL_REPOSITORY = tmp_path

        with pytest.raises(CommandError, match=r"^ensure-collection: No model was found"):
            run("ensure-collection")

    @pytest.mark.parametrize(
        "words",
        [
            ("cluster", "--person-threshold", "1.5"),
            ("cluster", "--person-threshold", "nan"),
            ("cluster", "--unknown-method", "kmeans"),
            ("cluster", "--min-cluster-size", "1"),
            ("assign", "--max-faces", "0"),
            ("assign", "--unknown-method", "dbscan"),
            ("backfill", "--limit", "many"),
            ("train-matching", "--margin", "5"),
            ("stats", "--dry-run"),
            ("dance",),
            (),
        ],
    )
    def test_refuse_options_that_are_wrong(self, words: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            run(*words)


class TestEnsuring:
    def test_makes_the_space_of_the_active_model_and_its_index(self, db: None) -> None:
        [first] = told("ensure-collection")
        [again] = told("ensure-collection")

        space = Space.objects.get()
        assert (
            first
            == again
            == {"ensure-collection": {"migrations": 0, "space": space.name, "dimension": 512}}
        )
        assert space.role == "face_embedder"
        assert has_index(space)

    def test_makes_those_of_the_embedder_and_of_the_head_that_is_active(
        self, db: None, tmp_path: Path, settings: Any
    ) -> None:
        settings.MODEL_REPOSITORY = make_repository(tmp_path)
        roles.sync(settings.MODEL_REPOSITORY)
        roles.activate(ServedModel.objects.get(name=HEAD))

        [first] = told("ensure-collection")
        [again] = told("ensure-collection")

        embedders, heads = Space.objects.order_by("pk")
        assert (embedders.role, heads.name) == ("face_embedder", SPACE)
        assert [has_index(each) for each in (embedders, heads)] == [True, True]
        assert first["ensure-collection"]["space"] == SPACE
        assert again == first

    def test_says_which_head_is_damaged(self, db: None, tmp_path: Path, settings: Any) -> None:
        settings.MODEL_REPOSITORY = make_repository(tmp_path)
        roles.sync(settings.MODEL_REPOSITORY)
        roles.activate(ServedModel.objects.get(name=HEAD))
        (tmp_path / HEAD / "config.pbtxt").unlink()

        with pytest.raises(CommandError, match=f"{HEAD}: its configuration can"):
            run("ensure-collection")

    def test_has_an_index_back_that_was_lost(self, db: None) -> None:
        collection.ensure()
        name = f"faces_facevector_hnsw_{Space.objects.get().pk}"
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {name}")
            collection.ensure()
        assert has_index(Space.objects.get())


def has_index(space: Space) -> bool:
    with connection.cursor() as cursor:
        name = f"faces_facevector_hnsw_{space.pk}"
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        return bool(cursor.fetchone()[0])
