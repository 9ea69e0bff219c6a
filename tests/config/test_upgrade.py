"""An upgrade from what an older release has left, on a database of its own.

`releases/2026-11-22.sql.gz` is a dump of a database that the code of that day made and filled, long
before keys, roles and the review desk: `pg_dump --no-owner --no-privileges --no-comments
--rows-per-insert=1000`, without settings of a session. With each release one is added here.
"""

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from config.models import ApiKey
from faces.models import Face, Membership, Person, Rejection
from photos.models import Owner, Photo
from tests.config.upgrading import Rows, changed, database_of_our_own, rows

pytestmark = pytest.mark.django_db

RELEASES = sorted(Path(__file__).with_name("releases").glob("*.sql.gz"))
GIVEN_UP = {"authtoken_token"}  # tables whose rows are elsewhere now
Shape = set[tuple[str, ...]]
_SHAPE = """
SELECT 'column', table_name, column_name,
    concat_ws(' ', udt_name, character_maximum_length, is_nullable, column_default)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT 'index', tablename, indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_hnsw\\_%' -- these are made with spaces
UNION ALL
SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL
SELECT 'function', '', one.oid::regprocedure::text, pg_get_functiondef(one.oid)
FROM pg_proc AS one
WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = one.oid AND deptype = 'e')
"""
# Casts and brackets of conditions: who reads a dump writes more of them.
_WRITTEN = re.compile(r"::[a-z ]+(\[\])?|[()']")


@dataclass(frozen=True)
class Upgrade:
    """What was in the database before and after it, and how its tables are made then."""

    before: Rows
    after: Rows
    shape: Shape
    new: Shape  # of a database that this release has made


@pytest.fixture(scope="module", params=RELEASES, ids=lambda path: path.name.partition(".")[0])
def upgrade(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Upgrade]:
    with django_db_blocker.unblock():
        new = shape()
        with database_of_our_own(with_tables=False):
            load(request.param)
            before = rows()
            call_command("migrate", verbosity=0)
            yield Upgrade(before, rows(), shape(), new)


def load(dump: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(gzip.decompress(dump.read_bytes()).decode())


def shape() -> Shape:
    with connection.cursor() as cursor:
        cursor.execute(_SHAPE)
        return {(*names, _WRITTEN.sub("", text)) for *names, text in cursor.fetchall()}


class TestUpgrade:
    def test_begins_with_what_people_have_said(self, upgrade: Upgrade) -> None:
        said = ("faces_person", "faces_edit", "faces_membership", "faces_rejection", "faces_pair")

        assert {table for table in said if not upgrade.before[table]} == set()

    def test_keeps_all_that_was_there(self, upgrade: Upgrade) -> None:
        assert set(changed(upgrade.before, upgrade.after)) <= GIVEN_UP
        assert upgrade.after.keys().isdisjoint(GIVEN_UP)

    def test_knows_tokens_as_keys_and_keeps_no_secret(self, upgrade: Upgrade) -> None:
        [(token, was)] = upgrade.before["authtoken_token"].items()

        key = ApiKey.objects.get(prefix=token[:8])

        assert (key.digest, key.user_id) == (sha256(token.encode()).hexdigest(), was["user_id"])
        assert token not in json.dumps(upgrade.after)

    def test_makes_the_tables_of_a_new_database(self, upgrade: Upgrade) -> None:
        assert upgrade.shape ^ upgrade.new == set()

    def test_leaves_nothing_to_be_migrated(self, upgrade: Upgrade) -> None:
        said = StringIO()
        call_command("migrate", plan=True, stdout=said)

        assert "No planned migration operations." in said.getvalue()

    def test_finds_out_what_it_did_not_know(self, upgrade: Upgrade) -> None:
        """Copies of columns and counts, which pages and questions live on."""
        anna = Person.objects.get(name="Anna")
        theirs = Membership.objects.filter(part__cluster__person=anna)

        assert {member.photo_id for member in theirs} == {
            face.photo_id for face in Face.objects.filter(membership__in=theirs)
        }
        assert [each.tally.face_count for each in anna.clusters.all()] == [theirs.count()]

    def test_takes_nobody_anywhere(self, upgrade: Upgrade) -> None:
        owner = Owner.objects.get(subject="family")

        assert Photo.objects.of(owner).count() == Photo.objects.count() - 1
        assert [each.person.name for each in Rejection.objects.all()] == ["Anna"]
