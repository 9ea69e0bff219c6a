"""The API of remote workers: what a worker may do, and what it may not."""

import base64
import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from faces.models import Face
from jobs import queue, services, steering
from jobs.models import Event, Item, Job, RemoteWorker, State, WorkerToken
from jobs.operations import current_recipes
from jobs.remote import tokens
from photos import roles
from photos.models import Photo, Role, ServedModel
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine
from search.words import matching
from tests.factories import make_owner
from tests.jobs.remote import (
    API,
    PHOTO,
    Worker,
    answer_of,
    face,
    findings,
    picture_of,
    submit,
)
from tests.photos.web import Server, answer
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)

ALL = {"caption", "embedding", "faces", "objects", "ocr", "tags"}
ENDS = ["complete", "fail", "release"]


@pytest.fixture(autouse=True)
def _models(transactional_db: None) -> None:
    """The real repository is known, and no model server is needed."""
    roles.sync(django_settings.MODEL_REPOSITORY)


@pytest.fixture
def worker() -> Worker:
    return Worker()


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def state_of(job: Job) -> tuple[str, str]:
    item = job.items.get()
    return item.state, item.error_code


def claim_time(item: Item) -> Any:
    item.refresh_from_db()
    return item.lease_until


class TestToken:
    def test_is_stored_as_its_digest_alone(self) -> None:
        token, secret = tokens.issue("nas")

        assert token.digest == hashlib.sha256(secret.encode()).hexdigest()
        assert secret not in str(WorkerToken.objects.values().get())

    @pytest.mark.parametrize(
        "header",
        [None, "Worker", "Worker ", "Worker kworker_wrong", "Token SECRET", "Bearer SECRET",
         "Worker SECRET more", "Worker \u00e9"],
    )  # fmt: skip
    def test_is_needed(self, header: str | None) -> None:
        _, secret = tokens.issue("nas")
        client = APIClient()
        if header:
            client.credentials(HTTP_AUTHORIZATION=header.replace("SECRET", secret))

        refused = client.post(f"{API}/claim", {"worker_id": "a", "limit": 1, "recipes": {}})

        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"] == "Worker"

    def test_opens_nothing_once_it_is_revoked(self, worker: Worker) -> None:
        call_command("worker_token", worker.token.name, revoke=True)

        assert worker.post("heartbeat").status_code == 401

    @pytest.mark.parametrize(
        ("method", "path"),
        [("get", "/api/v1/jobs"), ("post", "/api/v1/process/image"), ("get", "/api/v1/events"),
         ("get", "/api/v1/models"), ("get", "/api/v1/faces/clusters"), ("get", "/api/v1/webhooks")],
    )  # fmt: skip
    def test_opens_nothing_else(self, worker: Worker, method: str, path: str) -> None:
        assert getattr(worker.client, method)(path).status_code == 401

    @pytest.mark.parametrize("path", ["claim", "heartbeat", "items/1/complete", "items/1/fail"])
    def test_of_another_kind_does_not_open_the_workers_doors(
        self, admin_user: Any, path: str
    ) -> None:
        client = APIClient()
        client.force_login(admin_user)

        assert client.post(f"{API}/{path}", {"worker_id": "a"}).status_code == 401

    def test_is_shown_once_by_the_command(self, capsys: pytest.CaptureFixture[str]) -> None:
        make_owner(subject="anna")

        call_command("worker_token", "nas", owner="anna")

        secret = capsys.readouterr().out.strip()
        token = WorkerToken.objects.get(digest=hashlib.sha256(secret.encode()).hexdigest())
        assert (token.name, token.owner and token.owner.subject) == ("nas", "anna")

    @pytest.mark.parametrize(
        ("words", "options", "said"),
        [("taken", {}, "There is a token 'taken' already"),
         ("new", {"owner": "nobody"}, "There is no owner 'nobody'"),
         ("new", {"revoke": True}, "There is no token 'new'")],
    )  # fmt: skip
    def test_is_not_made_of_wrong_words(
        self, words: str, options: dict[str, Any], said: str
    ) -> None:
        tokens.issue("taken")

        with pytest.raises(CommandError, match=said):
            call_command("worker_token", words, **options)

        assert WorkerToken.objects.count() == 1


class TestClaim:
    def test_leases_a_photo_and_says_all_that_is_to_be_known(self, worker: Worker) -> None:
        job = submit(make_owner())

        claimed = worker.claim()

        item = job.items.get()
        assert claimed == {
            "items": [
                {
                    "id": item.pk,
                    "lease": 1,
                    "operations": ["embedding", "faces", "objects", "ocr", "tags"],
                    "photo_url": f"{API}/items/{item.pk}/photo?worker_id=nas&lease=1",
                }
            ],
            "lease_s": django_settings.LEASE_S,
            "max_pixels": django_settings.MAX_PHOTO_PIXELS,
            "max_bytes": django_settings.MAX_PHOTO_BYTES,
            "roles": dict(Role.objects.values_list("name", "active__name")),
            "spaces": dict(ServedModel.objects.values_list("name", "space")),
            "recipes": current_recipes(),
            "able": sorted(ALL),
        }
        assert item.state == State.PROCESSING
        assert item.worker == RemoteWorker.objects.get().worker == f"remote:{worker.token.pk}:nas"

    def test_answers_with_a_slash_as_well(self, worker: Worker) -> None:
        assert worker.post("claim/", limit=1, recipes={}).status_code == 200

    def test_gives_the_most_urgent_photos_first(self, worker: Worker) -> None:
        owner = make_owner()
        for priority in (2, 9, 5):
            source = services.upload(ContentFile(PHOTO))
            services.submit(owner, [source], wishes=services.Wishes(priority))

        leases = worker.claim(limit=2)["items"]

        given = [Item.objects.get(pk=lease["id"]).priority for lease in leases]
        assert given == [9, 5]

    def test_gives_a_photo_to_one_worker_only(self) -> None:
        submit(make_owner(), *(jpeg(seed=seed) for seed in range(8)))
        workers = [Worker(f"nas-{number}") for number in range(4)]

        def claim(worker: Worker) -> list[int]:
            leases = [lease["id"] for lease in worker.claim(limit=4)["items"]]
            connection.close()
            return leases

        with ThreadPoolExecutor(4) as pool:
            given = [pk for leases in pool.map(claim, workers) for pk in leases]

        assert sorted(given) == sorted(Item.objects.values_list("pk", flat=True))

    @pytest.mark.parametrize(
        ("asked", "lacking", "given"),
        [
            (["faces"], set(), True),
            (["faces"], {"ocr"}, True),
            (["faces"], {"faces"}, False),
            (["faces", "ocr"], {"ocr"}, False),
            (["tags"], {"embedding"}, False),  # tags are made of the vector
            (["caption"], {"caption"}, True),  # made here, of what the others find
            (["caption"], {"objects"}, False),
            (["all"], set(), True),
            (["all"], {"ocr"}, False),
        ],
    )
    def test_gives_what_the_worker_can_do_wholly(
        self, worker: Worker, asked: list[str], lacking: set[str], *, given: bool
    ) -> None:
        submit(make_owner(), operations=asked)
        recipes = {name: each for name, each in current_recipes().items() if name not in lacking}

        assert len(worker.claim(recipes=recipes)["items"]) == given

    def test_takes_other_models_for_none(self, worker: Worker) -> None:
        submit(make_owner(), operations=["faces"])

        claimed = worker.claim(recipes=current_recipes() | {"faces": "some.other.1"})

        assert claimed["items"] == []
        assert claimed["able"] == ["embedding", "objects", "ocr", "tags"]

    def test_gives_nothing_while_the_queue_is_paused(self, worker: Worker) -> None:
        submit(make_owner())
        steering.pause_queue("staff")

        assert worker.claim()["items"] == []

    def test_gives_no_maintenance(self, worker: Worker) -> None:
        services.submit_task(make_owner(), Job.Kind.CLUSTER, {})

        assert worker.claim()["items"] == []

    def test_gives_a_photo_that_a_worker_died_with_alone(self, worker: Worker) -> None:
        submit(make_owner(), PHOTO, jpeg(seed=1), jpeg(seed=2))
        suspect = Item.objects.order_by("pk").last()
        assert suspect
        Item.objects.filter(pk=suspect.pk).update(deaths=1)

        first, second = worker.claim()["items"], worker.claim()["items"]

        assert [lease["id"] for lease in first] == [suspect.pk]
        assert second == []

    @pytest.mark.parametrize(
        ("words", "field"),
        [
            ({"limit": 0}, "limit"),
            ({"limit": 33}, "limit"),
            ({"limit": "many"}, "limit"),
            ({"recipes": None}, "recipes"),
            ({"recipes": ["faces"]}, "recipes"),
            ({"recipes": {"faces": {}}}, "recipes"),
            ({"worker_id": ""}, "worker_id"),
            ({"worker_id": "a:b"}, "worker_id"),
            ({"worker_id": "a" * 61}, "worker_id"),
            ({"version": "v" * 41}, "version"),
        ],
    )
    def test_names_the_field_that_is_wrong(
        self, worker: Worker, words: dict[str, Any], field: str
    ) -> None:
        submit(make_owner())

        refused = worker.client.post(
            f"{API}/claim", {"worker_id": "nas", "limit": 1, "recipes": current_recipes()} | words
        )

        assert refusal(refused) == (422, "invalid")
        assert list(refused.json()["fields"]) == [field]
        assert not Item.objects.filter(state=State.PROCESSING).exists()

    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_the_same_queries_however_many_there_are(
        self, worker: Worker, django_assert_num_queries: DjangoAssertNumQueries, count: int
    ) -> None:
        words = {"worker_id": "nas", "limit": 3, "recipes": current_recipes()}
        worker.post("claim", **words)
        submit(make_owner(), *(jpeg(seed=seed) for seed in range(count)))

        with django_assert_num_queries(10):
            claimed = worker.post("claim", **words)

        assert len(claimed.json()["items"]) == count


class TestOwnersToken:
    def test_sees_its_owners_photos_alone(self) -> None:
        anna, ben = make_owner(), make_owner()
        submit(ben)
        mine = submit(anna)

        leases = Worker(owner=anna).claim()["items"]

        assert [lease["id"] for lease in leases] == [mine.items.get().pk]

    @pytest.mark.parametrize("how", ENDS)
    def test_takes_anothers_photo_for_one_that_is_not_there(self, how: str) -> None:
        job = submit(make_owner())
        lease = Worker("everybodys").lease()
        hers = Worker("hers", owner=make_owner())

        foreign = hers.end(lease, how, **answer_of(), code="ocr", detail="x")
        missing = hers.end({**lease, "id": 10**9}, how, **answer_of(), code="ocr", detail="x")

        assert (foreign.status_code, foreign.json()) == (404, missing.json())
        assert hers.photo(lease).status_code == 404
        assert job.items.get().state == State.PROCESSING


class TestHeartbeat:
    def test_renews_the_leases_that_it_names(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        soon = timezone.now()
        job.items.update(lease_until=soon)

        beat = worker.post("heartbeat", items=[lease["id"]]).json()

        assert beat["items"] == [{"id": lease["id"], "cancelling": False}]
        assert claim_time(job.items.get()) > soon

    def test_says_that_somebody_has_cancelled(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        steering.cancel(job)

        beat = worker.post("heartbeat", items=[lease["id"]]).json()

        assert beat["items"] == [{"id": lease["id"], "cancelling": True}]

    def test_leaves_anothers_leases_alone(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        before = claim_time(job.items.get())

        other = Worker("other").post("heartbeat", worker_id="nas", items=[lease["id"]]).json()

        assert other["items"] == []
        assert claim_time(job.items.get()) == before


class TestPhoto:
    def test_is_given_to_who_holds_it(self, worker: Worker) -> None:
        submit(make_owner())

        photo = worker.photo(worker.lease())

        assert photo.content == PHOTO
        assert photo.headers["Kindred-Operations"] == (
            "embedding, faces, objects, ocr, tags, caption"
        )
        assert photo.headers["Content-Type"] == "application/octet-stream"

    def test_is_given_to_nobody_else(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        assert refusal(Worker("other").photo(lease)) == (409, "lease_lost")

    def test_from_an_address_is_fetched_once(self, worker: Worker, settings: Any) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with Server(lambda path: answer(PHOTO)) as web:
            source = services.Source(Item.Source.URL, web.url("/2023-07-12%2015.30.00.jpg"))
            job = services.submit(make_owner(), [source], operations=["objects"])
            lease = worker.lease()

            photos = [worker.photo(lease).content for _ in range(2)]
            done = worker.complete(lease, answer_of())

            assert (photos, web.connections) == ([PHOTO, PHOTO], 1)
        assert (done.status_code, state_of(job)) == (200, (State.SUCCEEDED, ""))
        photo = Photo.objects.get()
        assert photo.sha256 == hashlib.sha256(PHOTO).hexdigest()
        assert (photo.dated_by, photo.dated_at.isoformat()) == (
            "file_name",
            "2023-07-12T15:30:00+00:00",
        )
        assert storages["intake"].listdir("uploads")[1] == []

    @pytest.mark.parametrize(
        ("status", "state", "code"),
        [("404 Not Found", State.FAILED, "fetch_status"),
         ("503 Busy", State.QUEUED, "fetch_unavailable")],
    )  # fmt: skip
    def test_that_cannot_be_fetched_ends_the_item(
        self, worker: Worker, settings: Any, status: str, state: State, code: str
    ) -> None:
        settings.FETCH_ALLOWED_HOSTS = frozenset({"127.0.0.1"})
        with Server(lambda path: answer(status=status)) as web:
            source = services.Source(Item.Source.URL, web.url())
            job = services.submit(make_owner(), [source])

            refused = worker.photo(worker.lease())

        assert refusal(refused) == (422, code)
        assert state_of(job) == (state, code)

    def test_of_a_private_address_is_not_fetched(self, worker: Worker) -> None:
        with Server(lambda path: answer(PHOTO)) as web:
            source = services.Source(Item.Source.URL, web.url())
            job = services.submit(make_owner(), [source])

            refused = worker.photo(worker.lease())

            assert web.connections == 0
        assert refusal(refused) == (422, "blocked_address")
        assert state_of(job) == (State.FAILED, "blocked_address")

    def test_that_is_gone_ends_the_item(self, worker: Worker) -> None:
        job = submit(make_owner())
        storages["intake"].delete(job.items.get().location)

        assert refusal(worker.photo(worker.lease())) == (422, "file_missing")
        assert state_of(job) == (State.FAILED, "file_missing")

    def test_of_the_media_store_stays_its_own(self, worker: Worker, settings: Any) -> None:
        settings.MEDIA_STORE_STUB = True
        owner = make_owner()
        storages["intake"].save("media_store/asset-1", ContentFile(PHOTO))
        source = services.Source(Item.Source.MEDIA_STORE, "asset-1")
        job = services.submit(owner, [source], operations=["objects"])
        lease = worker.lease()

        photo, done = worker.photo(lease), worker.complete(lease, answer_of())

        item = job.items.get()
        assert (photo.content, done.status_code) == (PHOTO, 200)
        assert (item.state, item.source, item.location) == (
            State.SUCCEEDED, Item.Source.MEDIA_STORE, "asset-1",
        )  # fmt: skip

    def test_says_what_is_left_to_do(self, worker: Worker) -> None:
        owner = make_owner()
        submit(owner, operations=["objects", "faces"])
        worker.complete(worker.lease(), answer_of())
        submit(owner, operations=["objects", "ocr"])

        photo = worker.photo(worker.lease())

        assert photo.headers["Kindred-Operations"] == "ocr"


class TestComplete:
    def test_stores_what_was_found(self, worker: Worker) -> None:
        owner = make_owner()
        job = submit(owner, external_id="party-1")

        done = worker.complete(worker.lease(), answer_of())

        assert (done.status_code, done.json()) == (200, {"status": "completed", "error": None})
        assert state_of(job) == (State.SUCCEEDED, "")
        photo = Photo.objects.get(references__external_id="party-1")
        assert (photo.owner, photo.width, photo.height) == (owner, 80, 60)
        assert Path(photo.original.path).read_bytes() == PHOTO
        assert ImageVector.objects.get().space.dimension == 384
        stored = Face.objects.get()
        assert (stored.x, stored.width, stored.quality) == (4.0, 30.0, 0.8739)
        assert Path(stored.crop.path).exists()
        assert list(DetectedObject.objects.values_list("label", "x")) == [("dog", 1.0)]
        assert list(TextLine.objects.values_list("text", flat=True)) == ["EXIT"]
        tags = PhotoTag.objects.order_by("key").values_list("key", "confidence")
        assert list(tags) == [("dog", 0.75), ("people:1", 0.9)]
        assert "dog" in Caption.objects.get(language="en").sentence
        hits = matching(owner, "anjing exit", limit=2, language="id")
        assert [(hit.photo, hit.matched) for hit in hits] == [(photo.pk, 2)]
        assert job.items.get().stage_ms["faces"] == 40.0

    def test_settles_the_job_and_tells_it(self, worker: Worker) -> None:
        job = submit(make_owner())

        worker.complete(worker.lease(), answer_of())

        job.refresh_from_db()
        assert job.finished_at
        kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["job.created", "photo.completed", "job.completed"]
        assert storages["intake"].listdir("uploads")[1] == []

    def test_twice_is_refused_and_changes_nothing(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        worker.complete(lease, answer_of())

        again = worker.complete(lease, answer_of(findings=findings(objects=[])))

        assert refusal(again) == (409, "lease_lost")
        assert (DetectedObject.objects.count(), job.items.get().attempts) == (1, 1)

    def test_of_a_lost_lease_is_refused_and_changes_nothing(self, worker: Worker) -> None:
        job = submit(make_owner())
        late = worker.lease()
        job.items.update(lease_until=timezone.now())
        queue.sweep()
        other = Worker("other")
        current = other.lease()

        refused = worker.complete(late, answer_of())

        assert refusal(refused) == (409, "lease_lost")
        assert (Photo.objects.count(), job.items.get().worker) == (
            0, f"remote:{other.token.pk}:other",
        )  # fmt: skip
        assert other.complete(current, answer_of()).status_code == 200

    def test_of_an_earlier_attempt_of_the_same_worker_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        late = worker.lease()
        job.items.update(lease_until=timezone.now())
        queue.sweep()
        worker.lease()

        assert refusal(worker.complete(late, answer_of())) == (409, "lease_lost")
        assert Photo.objects.count() == 0

    def test_that_loses_its_lease_while_it_is_stored_changes_nothing(
        self, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        finish = queue.finish

        def finish_late(item: Item, *values: Any, **named: Any) -> None:
            Item.objects.filter(pk=item.pk).update(leases=F("leases") + 1)
            finish(item, *values, **named)

        monkeypatch.setattr(queue, "finish", finish_late)

        assert refusal(worker.complete(lease, answer_of())) == (409, "lease_lost")
        assert (Photo.objects.count(), job.items.get().state) == (0, State.PROCESSING)

    def test_of_a_photo_that_nobody_claimed_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = {"id": job.items.get().pk, "lease": 1}

        assert refusal(worker.complete(lease, answer_of())) == (409, "lease_lost")

    @pytest.mark.parametrize("how", ENDS)
    def test_of_a_cancelled_photo_ends_it_as_cancelled(self, worker: Worker, how: str) -> None:
        job = submit(make_owner())
        lease = worker.lease()
        steering.cancel(job)

        refused = worker.end(lease, how, **answer_of(), code="image_truncated", detail="x")

        assert refusal(refused) == (409, "cancelled")
        assert (state_of(job), Photo.objects.count()) == ((State.CANCELLED, ""), 0)

    def test_by_models_that_are_active_no_more_gives_the_photo_another_try(
        self, worker: Worker
    ) -> None:
        job = submit(make_owner(), operations=["faces"])
        old = answer_of(recipes=current_recipes() | {"faces": "face_detector.old.1"})

        refused = worker.complete(worker.lease(), old)

        assert refusal(refused) == (409, "findings_outdated")
        assert (state_of(job), Photo.objects.count()) == ((State.QUEUED, "findings_outdated"), 0)

    def test_keeps_what_was_found_beside_what_failed(self, worker: Worker) -> None:
        job = submit(make_owner(), operations=["objects", "ocr"])
        lease = worker.lease()
        found = findings()
        del found["ocr"]
        failures = {"ocr": {"code": "inference_failed", "detail": "It broke."}}

        done = worker.complete(lease, answer_of(findings=found, failures=failures))

        assert done.json() == {
            "status": "pending",
            "error": {"code": "inference_failed", "detail": "It broke."},
        }
        assert (DetectedObject.objects.count(), TextLine.objects.count()) == (1, 0)
        assert state_of(job) == (State.QUEUED, "inference_failed")

    def test_does_the_rest_at_another_try(self, worker: Worker) -> None:
        job = submit(make_owner(), operations=["objects", "ocr"])
        failures = {"ocr": {"code": "inference_failed", "detail": "It broke."}}
        found = {"objects": findings()["objects"]}
        worker.complete(worker.lease(), answer_of(findings=found, failures=failures))
        job.items.update(run_after=timezone.now())

        done = worker.complete(worker.lease(), answer_of(findings={"ocr": findings()["ocr"]}))

        assert done.status_code == 200, done.json()
        assert (DetectedObject.objects.count(), TextLine.objects.count()) == (1, 1)
        assert state_of(job) == (State.SUCCEEDED, "")

    def test_of_a_photo_on_which_nothing_was_left(self, worker: Worker) -> None:
        owner = make_owner()
        submit(owner, operations=["objects"])
        worker.complete(worker.lease(), answer_of())
        again = submit(owner, operations=["objects"], external_id="again")
        lease = worker.lease()
        assert worker.photo(lease).headers["Kindred-Operations"] == ""

        done = worker.complete(lease, answer_of(findings={}, picture=None))

        assert (done.status_code, state_of(again)) == (200, (State.SUCCEEDED, ""))
        assert Photo.objects.get().references.get().external_id == "again"

    def test_of_a_photo_that_lies_on_its_side_in_its_file(self, worker: Worker) -> None:
        submit(make_owner(), operations=["objects"])
        picture = picture_of(width=60, height=80)

        done = worker.complete(worker.lease(), answer_of(picture=picture))

        photo = Photo.objects.get()
        assert (done.status_code, photo.width, photo.height) == (200, 60, 80)

    def test_of_a_photo_of_many_people(self, worker: Worker) -> None:
        photo = jpeg(width=2000, height=600)
        submit(make_owner(), photo, operations=["faces"])
        crop = base64.b64encode(jpeg(width=192, height=192)).decode()
        places = [(100.0 * (n % 20), 100.0 * (n // 20)) for n in range(100)]
        faces = [face(x, y, 90, crop=crop) for x, y in places]
        found = findings(faces={**findings()["faces"], "faces": faces})
        picture = picture_of(width=2000, height=600)

        done = worker.complete(worker.lease(), answer_of(photo, findings=found, picture=picture))

        assert (done.status_code, Face.objects.count()) == (200, 100)

    def test_with_lists_in_lists_is_refused(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        refused = worker.client.post(
            f"{API}/items/{lease['id']}/complete",
            data="[" * 100_000 + "]" * 100_000,
            content_type="application/json",
        )

        assert refusal(refused) == (400, "parse_error")

    def test_that_is_too_large_is_not_read(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()

        refused = worker.client.post(
            f"{API}/items/{lease['id']}/complete",
            data=b"{}",
            content_type="application/json",
            CONTENT_LENGTH=str(32 * 2**20 + 1),
        )

        assert refusal(refused) == (413, "too_large")


class TestFail:
    @pytest.mark.parametrize(
        ("code", "state", "kept"),
        [
            ("image_truncated", State.FAILED, "image_truncated"),
            ("inference_timeout", State.QUEUED, "inference_timeout"),
            ("vocabulary_broken", State.QUEUED, "vocabulary_broken"),
            ("internal_error", State.FAILED, "internal_error"),
        ],
    )
    def test_ends_the_attempt_as_it_does_here(
        self, worker: Worker, code: str, state: State, kept: str
    ) -> None:
        job = submit(make_owner())

        ended = worker.end(worker.lease(), "fail", code=code, detail="What went wrong.")

        assert ended.status_code == 200
        assert state_of(job) == (state, kept)

    @pytest.mark.parametrize("code", ["", "nonsense", "lease_lost", "queue_full", 7])
    def test_wants_an_error_that_there_is(self, worker: Worker, code: Any) -> None:
        job = submit(make_owner())

        refused = worker.end(worker.lease(), "fail", code=code, detail="x")

        assert refused.status_code == 422
        assert "code" in refused.json()["detail"]
        assert job.items.get().state == State.PROCESSING

    @pytest.mark.parametrize("detail", ["", "x" * 501, "a\0b", None])
    def test_wants_a_sentence(self, worker: Worker, detail: Any) -> None:
        job = submit(make_owner())

        refused = worker.end(worker.lease(), "fail", code="image_truncated", detail=detail)

        assert refusal(refused) == (422, "invalid")
        assert job.items.get().state == State.PROCESSING

    def test_of_anothers_photo_is_refused(self, worker: Worker) -> None:
        job = submit(make_owner())
        lease = worker.lease()

        refused = Worker("other").end(lease, "fail", code="image_truncated", detail="x")

        assert refusal(refused) == (409, "lease_lost")
        assert job.items.get().state == State.PROCESSING


class TestRelease:
    def test_gives_the_photo_back_as_it_was(self, worker: Worker) -> None:
        job = submit(make_owner())

        released = worker.end(worker.lease(), "release")

        assert released.json() == {"status": "pending", "error": None}
        item = job.items.get()
        assert (item.state, item.attempts, item.worker) == (State.QUEUED, 0, "")

    def test_twice_is_refused(self, worker: Worker) -> None:
        submit(make_owner())
        lease = worker.lease()
        worker.end(lease, "release")

        assert refusal(worker.end(lease, "release")) == (409, "lease_lost")


class TestEvents:
    def test_tell_that_there_is_work(self, worker: Worker) -> None:
        submit(make_owner())

        told: Any = worker.client.get(f"{API}/events")

        assert told.headers["Content-Type"] == "text/event-stream"
        assert b"event: work" in next(iter(told.streaming_content))
        told.close()
