"""Upgrades, the way back and the way forward again, on a database of their own that is not empty.

And programs of the release before that work on it when it has been upgraded already.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import override_settings
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from config.management.commands.migrate import NO_WAY_BACK
from faces.models import Cluster, Face, Membership
from jobs.models import Item, State
from tests.config.filled import fill
from tests.config.migration_rules import BEFORE, release, targets
from tests.config.upgrading import Rows, changed, database_of_our_own, rows

pytestmark = pytest.mark.django_db

# Tables that the release before does not have: what they hold goes on the way back.
NEW_TABLES = {
    "config_apikey", "config_asking", "config_auditentry", "config_retention", "faces_answered",
    "faces_inquiry", "faces_openquestion", "jobs_removal", "search_differentphotos",
    "search_photolook",
}  # fmt: skip
# Columns that it does not have, of tables that it has, and that nothing else tells.
FORGOTTEN = {("photos_photo", "camera"), ("faces_erasure", "key"), ("faces_erasure", "people")}
NOT_EMPTY = {
    "photos_analysis", "photos_owner", "photos_photo", "photos_reference", "photos_space",
    "faces_cluster", "faces_edit", "faces_erasure", "faces_face", "faces_facevector",
    "faces_membership",
    "faces_pair", "faces_part", "faces_person", "faces_rejection", "faces_tally",
    "search_caption", "search_detectedobject", "search_facenumber", "search_imagevector",
    "search_phototag", "search_textline",
    "jobs_delivery", "jobs_event", "jobs_item", "jobs_job", "jobs_remoteworker", "jobs_webhook",
    "jobs_workertoken",
    "config_apikey", "config_auditentry", "search_photolook",
}  # fmt: skip


@dataclass(frozen=True)
class Journey:
    """What was in the database at each station."""

    before: Rows
    behind: Rows  # at the release before
    after: Rows  # forward again
    new: dict[str, int]  # keys of what a program of the release before has stored, after that


@pytest.fixture(scope="module")
def journey(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Journey]:
    files = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with (
        django_db_blocker.unblock(),
        override_settings(STORAGES={**django_settings.STORAGES, "default": files}),
        database_of_our_own(with_tables=True),
    ):
        fill()
        before = rows()
        MigrationExecutor(connection).migrate(targets(BEFORE))
        behind = rows()
        call_command("migrate", verbosity=0)
        after = rows()
        yield Journey(before, behind, after, work_as_before())


# As the release before asks for work, but for what a worker can do and whose photos it may see.
CLAIM = """
WITH best AS MATERIALIZED (
    SELECT item.id FROM jobs_item AS item
    WHERE state = 'queued' AND deaths = 0 AND run_after <= statement_timestamp()
        AND NOT EXISTS (SELECT FROM jobs_pause)
    ORDER BY rank DESC, turn, item.id
    LIMIT 1
    FOR UPDATE OF item SKIP LOCKED
)
UPDATE jobs_item AS item SET
    state = 'processing',
    leases = leases + 1,
    attempts = attempts + 1,
    worker = 'of the release before',
    lease_until = statement_timestamp() + 60 * interval '1 second',
    started_at = statement_timestamp()
FROM best, jobs_job AS job, photos_owner AS owner
WHERE item.id = best.id AND job.id = item.job_id AND owner.id = job.owner_id
RETURNING item.id
"""


def work_as_before() -> dict[str, int]:
    """What a worker of the release before does, by its own models: claims, stores, ends."""
    old = release(BEFORE, MigrationExecutor(connection).loader)
    with connection.cursor() as cursor:
        cursor.execute(CLAIM)
        [(claimed,)] = cursor.fetchall()
    item = old.get_model("jobs", "Item").objects.select_related("job").get(pk=claimed)
    values = {"media_type": "image/jpeg", "size_bytes": 9, "width": 64, "height": 48}
    names = {"sha256": "f" * 64, "original": "o", "thumbnail": "t"}
    photos, faces = old.get_model("photos", "Photo"), old.get_model("faces", "Face")
    photo = photos.objects.create(owner_id=item.owner_id, **values, **names)
    found = {"x": 1, "y": 1, "width": 9, "height": 9, "landmarks": [[0, 0]] * 5, "crop": "c"}
    face = faces.objects.create(photo=photo, confidence=0.9, quality=0.9, **found)
    cluster = old.get_model("faces", "Cluster").objects.create(
        owner_id=item.owner_id, public_id="clu_0000000000ff"
    )
    old.get_model("faces", "Part").objects.create(pk=cluster.pk, cluster=cluster)
    old.get_model("faces", "Membership").objects.create(
        face=face, part_id=cluster.pk, how="clustered", similarity=0.9
    )
    item.state, item.photo, item.lease_until = "succeeded", photo, None
    item.finished_at = timezone.now()
    item.save()
    return {"item": item.pk, "photo": photo.pk, "face": face.pk, "cluster": cluster.pk}


class TestTheWayBack:
    def test_begins_with_rows_in_the_tables_that_count(self, journey: Journey) -> None:
        assert {table for table in NOT_EMPTY if not journey.before[table]} == set()

    def test_keeps_all_that_the_release_before_knows(self, journey: Journey) -> None:
        assert changed(journey.behind, journey.before) == []

    def test_gives_up_the_tables_that_it_does_not_have(self, journey: Journey) -> None:
        assert journey.before.keys() - journey.behind.keys() == NEW_TABLES

    @pytest.mark.parametrize(("app", "name"), sorted(NO_WAY_BACK))
    def test_is_refused_where_there_is_none(self, journey: Journey, app: str, name: str) -> None:
        now = rows()

        with pytest.raises(CommandError, match=rf"no way back from {app}\.{name}: "):
            call_command("migrate", app, "0001", verbosity=0)

        assert rows() == now

    @pytest.mark.parametrize(("app", "name"), sorted(BEFORE.items()))
    def test_is_not_refused_where_there_is_one(
        self, journey: Journey, capsys: pytest.CaptureFixture[str], app: str, name: str
    ) -> None:
        call_command("migrate", app, name, plan=True)

        assert "Undo" in capsys.readouterr().out

    def test_is_written_down(self) -> None:
        page = (Path(django_settings.BASE_DIR) / "docs/upgrades.md").read_text("utf-8")

        steps = re.findall(r"manage\.py migrate (\w+) (\w+)$", page, re.MULTILINE)
        refused = re.findall(r"^\| `(\w+)\.(\d{4})` \| (.+) \|$", page, re.MULTILINE)

        assert steps == [(app, name.partition("_")[0]) for app, name in BEFORE.items()]
        assert [(app, number, f"{why}.") for app, number, why in refused] == [
            (app, name[:4], why) for (app, name), why in NO_WAY_BACK.items()
        ]


class TestTheWayForward:
    def test_keeps_all_that_was_there(self, journey: Journey) -> None:
        assert changed(journey.behind, journey.after) == []

    def test_finds_out_what_can_be_found_out_again(self, journey: Journey) -> None:
        before, after = journey.before, journey.after

        lost = {
            (table, column)
            for table in journey.behind
            for key, was in before[table].items()
            for column, value in was.items()
            if after[table][key][column] != value
        }

        assert lost == FORGOTTEN
        assert {table for table in NEW_TABLES if after[table]} == set()


class TestProgramsOfTheReleaseBefore:
    """A rolling upgrade: the database is new, and some workers are not yet."""

    def test_work_beside_those_of_this_one(self, journey: Journey) -> None:
        item = Item.objects.select_related("photo").get(pk=journey.new["item"])
        face = Face.objects.with_people().get(pk=journey.new["face"])

        assert (item.state, item.leases, item.photo_id) == (
            State.SUCCEEDED,
            1,
            journey.new["photo"],
        )
        assert getattr(item.photo, "camera", None) == ""
        assert face.cluster == Cluster.objects.get(pk=journey.new["cluster"])

    def test_leave_nothing_to_be_made_up_for(self, journey: Journey) -> None:
        member = Membership.objects.get(face=journey.new["face"])
        cluster = Cluster.objects.select_related("tally").get(pk=journey.new["cluster"])

        assert member.photo_id == journey.new["photo"]
        assert cluster.tally.face_count == 1
