"""The API of remote workers: what a worker may do, and what it may not."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from jobs import services, steering
from jobs.models import Item, Job, RemoteWorker, State, WorkerToken
from jobs.operations import current_recipes
from jobs.remote import tokens
from photos.models import Role, ServedModel
from tests.factories import make_owner
from tests.jobs.remote import (
    API,
    PHOTO,
    Worker,
    answer_of,
    submit,
)
from tests.jobs.remote_api import (
    ENDS,
    _models,
    refusal,
    worker,
)
from tests.pictures import jpeg

__all__ = ["_models", "worker"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)

ALL = {"caption", "embedding", "faces", "objects", "ocr", "tags"}


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

        with django_assert_num_queries(12):
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
