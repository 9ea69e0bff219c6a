"""How long owners keep what: rules of each, in small steps, counted before, and written down."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from config import tasks
from config.keeping import retention
from config.models import AuditEntry, Retention
from faces.models import Cluster, Erasure, Face
from faces.people import naming
from jobs.models import Job, Removal, State
from photos.models import Owner, Photo
from search.models import AskedSearch
from tests.factories import make_cluster, make_face, make_item, make_job, make_owner, make_photo
from tests.jobs.kept import files_of, keep_photo

pytestmark = pytest.mark.django_db


def ago(days: float) -> Any:
    return timezone.now() - timedelta(days=days)


def keep(owner: Owner, **days: int) -> None:
    Retention.objects.update_or_create(owner=owner, defaults=days)


def come(owner: Owner, *, days: float) -> Photo:
    """A photo that came so long ago."""
    photo = keep_photo(owner)
    Photo.objects.filter(pk=photo.pk).update(created_at=ago(days))
    return photo


def search(owner: Owner, *, days: float) -> AskedSearch:
    noted = AskedSearch.objects.create(
        owner=owner, language="en", parts=[], filters=[], word_count=1, found=0, took_ms=1.0
    )
    AskedSearch.objects.filter(pk=noted.pk).update(at=ago(days))
    return noted


def read(owner: Owner, *, days: float) -> AuditEntry:
    return AuditEntry.objects.create(
        owner=owner.pk, credential="key", act="ExportView.get", path="/", status=200, at=ago(days)
    )


def applied(owner: Owner | None = None, *, limit_s: float = 60) -> list[dict[str, int]]:
    return [dict(each.gone) for each in retention.apply(owner, limit_s=limit_s)]


class TestPhotos:
    def test_that_are_too_old_go_with_their_faces_and_files(self, owner: Owner) -> None:
        keep(owner, photos=30)
        old, young = come(owner, days=31), come(owner, days=29)
        make_face(photo=old)

        assert applied() == [{"photos": 1}]

        assert Photo.objects.get() == young
        assert (Face.objects.count(), files_of(old)) == (0, [])
        assert Removal.objects.get().why == Removal.Why.RETENTION

    def test_stay_for_ever_if_nothing_is_said(self, owner: Owner) -> None:
        come(owner, days=10_000)

        assert applied() == []
        assert Photo.objects.count() == 1

    def test_of_other_owners_stay(self, owner: Owner) -> None:
        other = make_owner()
        keep(owner, photos=1)
        keep(other, searches=1)
        photo = come(other, days=31)

        assert applied() == [{}, {}]
        assert Photo.objects.get() == photo

    def test_go_in_small_steps(self, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
        rule = retention.RULES["photos"]
        small = retention.Rule(rule.old, rule.drop, at_once=2)
        monkeypatch.setattr(retention, "RULES", {**retention.RULES, "photos": small})
        keep(owner, photos=1)
        for _ in range(5):
            come(owner, days=2)

        [first] = retention.apply(limit_s=-1)

        assert (first.gone, first.complete) == ({"photos": 2}, False)
        assert applied() == [{"photos": 3}]


class TestFacesOfNobody:
    def test_go_and_are_not_found_again(self, owner: Owner) -> None:
        keep(owner, unnamed_faces=7)
        cluster = make_cluster(owner=owner, faces=2)
        make_face(photo=make_photo(owner=owner))
        Face.objects.update(created_at=ago(8))

        assert applied() == [{"unnamed_faces": 3}]

        assert (Face.objects.count(), Cluster.objects.filter(pk=cluster.pk).count()) == (0, 0)
        assert len(Erasure.objects.get().places) == 3
        assert Photo.objects.count() == 3

    def test_stay_while_they_are_young(self, owner: Owner) -> None:
        keep(owner, unnamed_faces=7)
        cluster = make_cluster(owner=owner, faces=2)
        old = Face.objects.order_by("pk")[0]
        Face.objects.filter(pk=old.pk).update(created_at=ago(8))

        assert applied() == [{"unnamed_faces": 1}]

        assert Cluster.objects.with_faces().get(pk=cluster.pk).face_count == 1

    def test_who_has_a_name_stays(self, owner: Owner) -> None:
        keep(owner, unnamed_faces=7)
        naming.name_cluster(make_cluster(owner=owner, faces=2), "Anna")
        Face.objects.update(created_at=ago(8))

        assert applied() == [{}]
        assert Face.objects.count() == 2

    def test_stop_no_training(self, owner: Owner) -> None:
        keep(owner, unnamed_faces=7)
        make_face(photo=make_photo(owner=owner), created_at=ago(8))
        item = make_item(
            job=make_job(kind=Job.Kind.TRAIN),
            state=State.PROCESSING,
            started_at=ago(1),
            lease_until=ago(-1),
        )

        applied()

        item.refresh_from_db()
        assert item.cancelling is False


class TestNotes:
    def test_of_searches_and_reads_go_when_they_are_old(self, owner: Owner) -> None:
        keep(owner, searches=10, reads=20)
        young = search(owner, days=9), read(owner, days=19)
        search(owner, days=11)
        read(owner, days=21)
        foreign = read(make_owner(), days=99)

        assert applied() == [{"searches": 1, "reads": 1}]

        assert AskedSearch.objects.get() == young[0]
        kept = AuditEntry.objects.exclude(act="retention")
        assert set(kept) == {young[1], foreign}


class TestAudit:
    def test_has_an_entry_of_what_went(self, owner: Owner) -> None:
        keep(owner, photos=1)
        come(owner, days=2)

        applied()

        entry = AuditEntry.objects.get()
        assert (entry.act, entry.owner, entry.path) == ("retention", owner.pk, "photos 1")

    def test_has_none_of_nothing(self, owner: Owner) -> None:
        keep(owner, photos=1)

        assert [applied(), applied()] == [[{}], [{}]]
        assert AuditEntry.objects.count() == 0


class TestCommand:
    def run(self, *words: str) -> str:
        out = StringIO()
        call_command("retention", *words, stdout=out)
        return out.getvalue()

    def test_sets_and_shows_rules(self, owner: Owner) -> None:
        self.run("set", "--owner", owner.subject, "--photos", "365", "--unnamed-faces", "30")

        said = self.run("set", "--owner", owner.subject, "--photos", "0")

        assert said == f"{owner.subject}: unnamed_faces 30 days\n"
        row = Retention.objects.get()
        assert (row.photos, row.unnamed_faces, row.searches, row.reads) == (None, 30, None, None)

    def test_counts_and_changes_nothing(self, owner: Owner) -> None:
        keep(owner, photos=1)
        come(owner, days=2)

        told = json.loads(self.run("run", "--dry-run", "--json"))

        assert told == {"owner": owner.subject, "dry_run": True, "gone": {"photos": 1}}
        assert (Photo.objects.count(), AuditEntry.objects.count()) == (1, 0)

    def test_lets_go_now(self, owner: Owner) -> None:
        keep(owner, photos=1)
        come(owner, days=2)

        assert self.run("run", "--owner", owner.subject) == f"{owner.subject}: photos 1 gone\n"
        assert Photo.objects.count() == 0

    def test_refuses_who_is_not_there(self) -> None:
        with pytest.raises(CommandError, match="There is no owner 'nobody'"):
            self.run("run", "--owner", "nobody")

    def test_refuses_less_than_nothing(self, owner: Owner) -> None:
        with pytest.raises(CommandError, match="1 or more"):
            self.run("set", "--owner", owner.subject, "--photos", "-1")


class TestRule:
    def test_is_a_day_at_least(self, owner: Owner) -> None:
        with pytest.raises(IntegrityError), transaction.atomic():
            Retention.objects.create(owner=owner, photos=0)

    def test_is_applied_by_the_clock(self, owner: Owner) -> None:
        keep(owner, photos=1)
        come(owner, days=2)

        tasks.retain()

        assert Photo.objects.count() == 0
