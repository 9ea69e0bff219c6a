"""`manage.py faces`: all steps at once, and looking at photos that lack faces."""

from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import pytest
from django.core.management import CommandError

from faces.models import Cluster
from faces.services import FindFaces
from jobs import backfill, collection
from jobs.drain import Drain
from jobs.errors import OperationUnavailable
from jobs.models import Item, Job
from jobs.operations import current_recipes
from jobs.pipeline import Parts
from local.processes import wait_until
from photos.models import Owner, Photo, Space
from photos.operations import FACES
from tests.factories import (
    make_face,
    make_owner,
    make_photo,
    unit,
)
from tests.fakes import FakeDetector, FakeEmbedder, decoded_here, face_at, operations
from tests.jobs.commanded import (
    REFUSED,
    _told_there,
    activate,
    anna,
    faces,
    fail,
    run,
    space,
    told,
)

__all__ = ["anna", "space"]  # fixtures


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
