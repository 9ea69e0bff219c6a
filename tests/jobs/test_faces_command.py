"""`manage.py faces`: each step for each owner, pipelines, and what is said when one fails."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from faces import grouping
from faces.errors import TrainingRefused
from faces.models import Centroid, Cluster, Edit, Membership
from faces.people import naming
from faces.services import FindFaces
from jobs import backfill, collection, queue
from jobs.drain import Drain
from jobs.errors import OperationUnavailable
from jobs.following import IN_WORK
from jobs.management.bars import Watch
from jobs.models import Item, Job
from jobs.operations import current_recipes
from jobs.pipeline import Parts
from jobs.steps import Progress
from local.processes import wait_until
from photos import roles
from photos.models import Owner, Photo, Role, ServedModel, Space
from photos.operations import FACES
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_photo,
    make_space,
    unit,
)
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.heads import HEAD, SPACE, make_repository


def run(*words: str) -> str:
    """What the command writes to standard output."""
    shown, beside = StringIO(), StringIO()
    call_command("faces", *words, stdout=shown, stderr=beside)
    return shown.getvalue()


def told(*words: str) -> list[dict[str, Any]]:
    """The objects of its JSON."""
    return [json.loads(line) for line in run(*words, "--json").splitlines()]


def faces(owner: Owner, space: Space, *vectors: Any, **values: Any) -> list[int]:
    return [
        make_face(photo=make_photo(owner=owner), space=space, vector=vector, **values).pk
        for vector in vectors
    ]


def activate(*names: str) -> None:
    for role in names:
        model = ServedModel.objects.create(
            name=f"{role}.packaged.1", role=role, pack="packaged", version=1, space=f"{role}:x:1",
            memory_bytes=1,
        )  # fmt: skip
        Role.objects.create(name=role, active=model)


@pytest.fixture
def anna(db: None) -> Owner:
    return make_owner(subject="anna")


@pytest.fixture
def space(db: None) -> Space:
    return make_space()


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


class TestLooking:
    def test_is_told_first_and_left_to_a_worker(self, anna: Owner, space: Space) -> None:
        activate("face_detector", "face_embedder")
        for vector in (None, unit(1)):
            photo = make_face(photo=make_photo(owner=anna), space=space, vector=vector).photo
            photo.analyses.create(operation=FACES, recipe=current_recipes()[FACES])

        [tell] = told("look", "--dry-run")
        [work] = told("look", "--queue")

        job = Job.objects.get()
        assert tell == {"owner": "anna", "look": {"photos": 1, "faces": 1}}
        assert (work["look"], job.kind) == ({"job": str(job.pk)}, Job.Kind.LOOK)

    def test_is_of_nothing_where_no_face_was_found(self, anna: Owner) -> None:
        assert told("look", "--queue") == [{"owner": "anna", "look": {"job": None}}]
        assert told("look", "--dry-run")[0]["look"] == {"photos": 0, "faces": 0}


class TestBackfill:
    @pytest.fixture
    def photos(self, anna: Owner) -> list[Photo]:
        activate("face_detector", "face_embedder")
        return [make_photo(owner=anna) for _ in range(3)]

    def test_is_told_first(self, photos: list[Photo]) -> None:
        make_photo(owner=make_owner(subject="ben"))

        works = told("backfill", "--dry-run")

        assert [work["backfill"] for work in works] == [{"photos": 3}, {"photos": 1}]
        assert told("backfill", "--dry-run", "--limit", "2")[0]["backfill"] == {"photos": 2}
        assert Job.objects.count() == 0

    def test_asks_for_the_first_photos_that_lack_faces(self, photos: list[Photo]) -> None:
        photos[0].analyses.create(operation=FACES, recipe=current_recipes()[FACES])

        [work] = told("backfill", "--limit", "1", "--queue")

        job = Job.objects.get()
        assert work["backfill"] == {"job": str(job.pk)}
        assert (job.kind, job.operations) == (Job.Kind.REINDEX, [FACES])
        assert [item.location for item in job.items.all()] == [photos[1].original.name]

    def test_asks_once_until_it_is_done(self, anna: Owner, photos: list[Photo]) -> None:
        run("backfill", "--queue")
        run("backfill", "--queue")
        assert Job.objects.count() == 1

        Item.objects.claim(worker="anna", limit=3, lease_s=60)
        assert backfill.ask(anna, {}) == Job.objects.get()

    def test_asks_for_nothing_where_nothing_is_lacking(self, anna: Owner) -> None:
        activate("face_detector", "face_embedder")

        assert told("backfill")[0]["backfill"] == {
            "photos": 0, "succeeded": 0, "failed": 0, "cancelled": 0,
        }  # fmt: skip
        assert told("backfill", "--queue")[0]["backfill"] == {"job": None}

    def test_without_models_finds_none_lacking(self, anna: Owner) -> None:
        with pytest.raises(OperationUnavailable):
            next(backfill.backfill(anna, {"dry_run": True}, {}))


@pytest.mark.django_db(transaction=True)
class TestBackfilledPhotos:
    def test_are_waited_for(self) -> None:
        activate("face_detector", "face_embedder")
        owner = make_owner(subject="anna")
        whole, lost = (make_photo(owner=owner) for _ in range(2))
        with whole.original.open() as file:
            content = sha256(file.read()).hexdigest()
        Photo.objects.filter(pk=whole.pk).update(sha256=content)
        Photo.objects.filter(pk=lost.pk).update(original="nowhere.jpg")

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "backfill")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            drain(telling)

        [work] = telling.result()
        assert work["backfill"] == {"photos": 2, "succeeded": 1, "failed": 1, "cancelled": 0}


def _told_there(*words: str) -> list[dict[str, Any]]:
    """In another thread, with a connection of its own."""
    try:
        return told(*words)
    finally:
        connection.close()


def drain(until: Future[Any]) -> None:
    """Work as a worker does, with models that see one face in each photo."""
    find = FindFaces(FakeDetector([face_at(4)]), FakeEmbedder([unit(1)]), current_recipes()[FACES])
    with ThreadPoolExecutor(2) as looks:
        parts = Parts(lambda url: b"", decoded_here, operations(find), looks, 10**6)
        Drain(parts, in_flight=1, lease_s=60, limit_s=60).run()
    until.exception(timeout=30)


@pytest.mark.django_db(transaction=True)  # an index is not made amid changes of its table
class TestPipelines:
    @pytest.fixture
    def owners(self) -> list[Owner]:
        """Anna has three faces of one person and of another, Ben has three; all were found."""
        collection.ensure()
        space, recipe = Space.objects.get(), current_recipes()[FACES]
        owners = [make_owner(subject="anna"), make_owner(subject="ben")]
        one, other = (unit(*numbers, dimension=512) for numbers in ((1, 0), (0, 1)))
        faces(owners[0], space, *[one] * 3, *[other] * 3)
        faces(owners[1], space, *[one] * 3)
        for photo in Photo.objects.all():
            photo.analyses.create(operation=FACES, recipe=recipe)
        return owners

    def test_do_each_step_for_each_owner(self, owners: list[Owner]) -> None:
        works = told("pipeline")

        steps = ["ensure-collection", "backfill", "cluster", "assign", "centroids", "stats"]
        assert [list(work) for work in works] == [["owner", *steps]] * 2
        assert [work["owner"] for work in works] == ["anna", "ben"]
        assert [work["centroids"] for work in works] == [{"clusters": 2}, {"clusters": 1}]

    def test_in_dual_mode_match_people(self, owners: list[Owner]) -> None:
        works = told("pipeline-dual", "--owner", "anna", "--unknown-method", "agglomerative")

        assert [list(work) for work in works] == [
            ["owner", "ensure-collection", "backfill", "cluster-dual", "stats"]
        ]
        assert works[0]["stats"]["faces"]["alone"] == 0

    def test_change_nothing_in_a_dry_run(self, owners: list[Owner]) -> None:
        works = told("pipeline-full", "--dry-run")

        assert list(works[0]) == ["owner", "backfill", "cluster-dual", "recluster", "stats"]
        assert (Cluster.objects.count(), Job.objects.count()) == (0, 0)

    def test_go_on_where_they_were_stopped(
        self, owners: list[Owner], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stop(*_arguments: Any) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr("faces.centroids.renew", stop)
            with pytest.raises(CommandError, match="it goes on where it was") as stopped:
                run("pipeline")
        clusters = set(Cluster.objects.values_list("pk", flat=True))
        [work, _] = told("pipeline")

        assert (stopped.value.returncode, len(clusters)) == (130, 3)
        assert set(Cluster.objects.values_list("pk", flat=True)) == clusters
        assert work["cluster"] == {"joined": 0, "clusters": 0, "faces": 0}

    def test_go_on_without_a_head_that_can_not_be_trained(self, owners: list[Owner]) -> None:
        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "pipeline-full", "--epochs", "3")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            fail(Job.objects.get())
            works = telling.result(timeout=30)

        assert [work["train-matching"] for work in works] == [REFUSED] * 2
        assert [work["recluster"]["moved"] for work in works] == [0, 0]
        assert Job.objects.get().arguments == {"epochs": 3}


REFUSED = {"done": False, "code": "too_few_people", "detail": "Nobody has 5 confirmed faces."}


def fail(job: Job) -> None:
    """The training ends as one without enough people."""
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    assert item.job == job
    queue.give_up(item, TrainingRefused(str(REFUSED["code"]), str(REFUSED["detail"])))


@pytest.mark.django_db(transaction=True)
class TestTraining:
    def test_is_one_for_all_owners_by_a_worker(self) -> None:
        make_space()
        for subject in ("anna", "ben"):
            make_owner(subject=subject)

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "train-matching", "--margin", "0.3")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
            queue.finish(item, outcome={"kept": True})

            assert telling.result(timeout=30) == [{"train-matching": {"kept": True}}]
        assert (Job.objects.get().kind, item.job.arguments) == (Job.Kind.TRAIN, {"margin": 0.3})

    def test_that_is_refused_says_why(self) -> None:
        make_space()
        make_owner()

        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "train-matching")
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            fail(Job.objects.get())

            with pytest.raises(CommandError, match=r"^train-matching: Nobody has 5") as failed:
                telling.result(timeout=30)
        assert failed.value.returncode == 1

    def test_is_asked_for_once_until_it_is_done(self) -> None:
        make_space()
        make_owner()

        [first] = told("train-matching", "--queue", "--min-faces", "7")
        [again] = told("train-matching", "--queue")

        assert first == again == {"train-matching": {"job": str(Job.objects.get().pk)}}


@pytest.mark.django_db(transaction=True)
class TestActivating:
    @pytest.fixture(autouse=True)
    def _head(self, settings: Any, tmp_path: Path) -> None:
        settings.TRAININGS_ROOT = tmp_path
        make_space()
        make_owner()
        ServedModel.objects.create(
            name=HEAD, role="face_matcher", pack="trained", version=1,
            space="face_matcher:x:1", memory_bytes=1,
        )  # fmt: skip

    def test_of_a_head_is_done_by_a_worker(self) -> None:
        with ThreadPoolExecutor(1) as pool:
            telling = pool.submit(_told_there, "activate-matcher", "--matcher", HEAD)
            wait_until(Job.objects.exists, timeout_s=30, what="The job")
            [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
            queue.finish(item, outcome={"active": True})

            assert telling.result(timeout=30) == [{"activate-matcher": {"active": True}}]
        assert (item.job.kind, item.job.arguments) == (Job.Kind.TRAIN, {"matcher": HEAD})

    @pytest.mark.parametrize("name", ["20260101T000000-abcdef", "face_matcher.tests.2", "../x"])
    def test_of_what_is_not_there_is_refused(self, name: str) -> None:
        with pytest.raises(CommandError, match="There is no training"):
            run("activate-matcher", "--matcher", name)

        assert Job.objects.count() == 0

    def test_needs_a_name(self) -> None:
        with pytest.raises(CommandError, match="--matcher"):
            run("activate-matcher")


class TestWatch:
    def test_says_when_nobody_works_on_a_job(self) -> None:
        heard: list[str] = []
        watch = Watch(lambda _: None, lambda: heard.append("stuck"), quiet_s=0)

        watch(Progress(0, 3, {IN_WORK: 1}))
        watch(Progress(0, 1))
        assert heard == []
        for _ in range(2):
            watch(Progress(0, 3, {IN_WORK: 0}))

        assert heard == ["stuck"]
