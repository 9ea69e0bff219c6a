"""Kizu's tables, as views of ours."""

import json
import uuid
from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction
from django.db.utils import ProgrammingError

from faces.people import naming
from jobs.models import State
from photos.models import Owner, Photo
from tests.factories import make_cluster, make_face, make_item, make_job, make_owner, unit
from tests.search.findings import make_object
from tests.search.points.arranged import make_named_photo

pytestmark = pytest.mark.django_db
ASSET, USER = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "550e8400-e29b-41d4-a716-446655440000"


def rows(sql: str) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        assert cursor.description
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def one(table: str) -> dict[str, Any]:
    [row] = rows(f"SELECT * FROM kizu.{table}")  # noqa: S608  # a table of ours
    return row


@pytest.fixture
def anna(db: None) -> Owner:
    return make_owner(subject=USER)


@pytest.fixture
def photo(anna: Owner) -> Photo:
    return make_named_photo(anna, ASSET, looks=unit(1))


class TestQueue:
    def test_has_the_documented_columns(self, anna: Owner) -> None:
        job = make_job(owner=anna, operations=["embedding", "objects", "faces"])
        item = make_item(job=job, external_id=ASSET, priority=10)

        row = one("processing_queue")

        assert row == {
            "id": uuid.UUID(int=item.pk), "asset_id": uuid.UUID(ASSET), "user_id": uuid.UUID(USER),
            "status": "pending", "operations": ["embedding", "objects", "faces"],
            "worker_id": None, "priority": 1, "attempts": 0, "result": None, "error": None,
            "created_at": item.created_at, "started_at": None, "completed_at": None,
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("state", "status"),
        [
            (State.QUEUED, "pending"),
            (State.PAUSED, "pending"),
            (State.SUCCEEDED, "completed"),
            (State.FAILED, "failed"),
            (State.CANCELLED, "failed"),
        ],
    )
    def test_has_four_words_for_our_states(self, state: State, status: str) -> None:
        make_item(state=state, error_code="too_large" if state == State.FAILED else "")

        assert one("processing_queue")["status"] == status

    @pytest.mark.parametrize(("ours", "theirs"), [(10, 1), (9, 2), (5, 6), (1, 10), (0, 10)])
    def test_counts_priorities_the_other_way_round(self, ours: int, theirs: int) -> None:
        make_item(priority=ours)

        assert one("processing_queue")["priority"] == theirs

    def test_says_why_a_photo_failed(self) -> None:
        make_item(state=State.FAILED, error_code="fetch_status", error_detail="It says 404.")

        assert one("processing_queue")["error"] == "fetch_status: It says 404."

    def test_is_claimed_elsewhere(self) -> None:
        make_item()

        with pytest.raises(NotSupportedError, match=r"run_worker\.py"), transaction.atomic():
            rows("SELECT * FROM kizu.claim_processing_job('my-nas')")

        assert one("processing_queue")["status"] == "pending"

    def test_has_nothing_stale(self) -> None:
        assert rows("SELECT kizu.reset_stale_processing_jobs() AS count") == [{"count": 0}]


class TestFindings:
    def test_are_of_assets_and_users_by_their_own_ids(self, photo: Photo) -> None:
        cluster = make_cluster(owner=photo.owner)
        face = make_face(photo=photo, cluster=cluster, vector=unit(1), x=1, y=2)
        make_object(photo=photo, label="dog")
        naming.name_cluster(cluster, "Anna")

        found = {
            table: one(table)
            for table in (
                "assets", "album_assets", "image_embeddings", "face_embeddings", "face_clusters",
                "detected_objects",
            )
        }  # fmt: skip

        assert {row["user_id"] for row in found.values()} == {uuid.UUID(USER)}
        assert found["assets"]["id"] == uuid.UUID(ASSET)
        about = found.keys() - {"assets", "face_clusters"}
        assert {found[table]["asset_id"] for table in about} == {uuid.UUID(ASSET)}
        assert found["face_embeddings"]["id"] == uuid.UUID(int=face.pk)
        assert found["face_embeddings"]["cluster_id"] == found["face_clusters"]["id"]
        box = json.loads(found["face_embeddings"]["bounding_box"])
        assert box == {"x": 1, "y": 2, "width": 50, "height": 60}
        assert (found["face_clusters"]["name"], found["face_clusters"]["face_count"]) == ("Anna", 1)
        assert found["detected_objects"]["label"] == "dog"

    def test_are_of_our_numbers_where_no_uuid_was_given(self) -> None:
        photo = make_named_photo(make_owner(subject="anna"), "IMG_1", looks=unit(1))

        row = one("image_embeddings")

        assert row["asset_id"] == uuid.UUID(int=photo.pk)
        assert row["user_id"] == uuid.UUID(int=photo.owner_id)

    def test_are_found_by_likeness(self, photo: Photo) -> None:
        make_named_photo(photo.owner, looks=unit(0, 1))

        [found, *_] = rows(
            "SELECT asset_id FROM kizu.image_embeddings "
            "ORDER BY embedding <=> '[1, 0, 0, 0, 0, 0, 0, 0]'::halfvec"
        )

        assert found == {"asset_id": uuid.UUID(ASSET)}


class TestReading:
    def test_takes_a_grant(self) -> None:
        role = f"kizu_{uuid.uuid4().hex}"  # roles are of the whole server
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE ROLE {role}")
            cursor.execute(f"SET LOCAL ROLE {role}")
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute("SELECT * FROM kizu.assets")
            cursor.execute("RESET ROLE")
            cursor.execute(f"GRANT USAGE ON SCHEMA kizu TO {role}")
            cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA kizu TO {role}")
            cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute("SELECT * FROM kizu.assets")
            assert cursor.fetchall() == []
            cursor.execute("RESET ROLE")
