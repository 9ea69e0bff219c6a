"""`manage.py scan`: a folder's photos come in once, and what is new comes later."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.utils import timezone

from jobs.models import Item, Job, State
from jobs.scanning import AT_ONCE, Order, Scanned, scan
from local.stack import CHECKOUT
from photos.models import Owner, Photo, Reference
from tests.database import database_url
from tests.factories import make_item, make_job, make_owner, make_photo
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "pictures"


def put(folder: Path, name: str, content: bytes = b"new", at: datetime = YESTERDAY) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    os.utime(file, (at.timestamp(), at.timestamp()))
    return file


def look(owner: Owner, folder: Path, **more: Any) -> Scanned:
    found = Scanned()
    for step in scan(owner, Order(folder, 1000, **more), now=timezone.now()):
        found = step
    return found


def refer(owner: Owner, name: str, **values: Any) -> Photo:
    photo = make_photo(owner=owner, **values)
    Reference.objects.create(owner=owner, photo=photo, external_id=name)
    return photo


def sent(owner: Owner) -> list[str]:
    names = Item.objects.filter(owner=owner).order_by("pk")
    return list(names.values_list("external_id", flat=True))


class TestNewFiles:
    def test_are_sent_in_one_job_by_their_names_below_the_folder(
        self, owner: Owner, folder: Path
    ) -> None:
        put(folder, "b/x.JPG", b"2")
        put(folder, "a.png", b"1")

        found = look(owner, folder, operations=("faces",))

        assert (found.new, found.known) == (2, 0)
        assert sent(owner) == ["a.png", "b/x.JPG"]
        assert Job.objects.get().operations == ["faces"]
        item = Item.objects.get(external_id="b/x.JPG")
        assert (item.source, item.file_name) == (Item.Source.UPLOAD, "x.JPG")
        with storages["intake"].open(item.location) as sent_file:
            assert sent_file.read() == b"2"

    def test_are_not_sent_twice_while_they_wait(self, owner: Owner, folder: Path) -> None:
        put(folder, "a.jpg")
        look(owner, folder)

        again = look(owner, folder)

        assert (again.new, again.waiting, len(sent(owner))) == (0, 1, 1)

    def test_come_in_several_jobs_where_there_are_many(self, owner: Owner, folder: Path) -> None:
        for number in range(AT_ONCE + 1):
            put(folder, f"{number}.jpg", str(number).encode())

        look(owner, folder)

        counts = [job.items.count() for job in Job.objects.all()]
        assert sorted(counts) == [1, AT_ONCE]

    def test_with_names_that_are_too_long_are_told_apart(self, owner: Owner, folder: Path) -> None:
        for first in "ab":
            put(folder, f"{first}/{'d' * 200}/{'e' * 100}.jpg", first.encode())

        look(owner, folder)

        names = sent(owner)
        assert [len(name) for name in names] == [255, 255]
        assert len(set(names)) == 2
        assert look(owner, folder).waiting == 2

    def test_of_odd_names_are_taken(self, owner: Owner, folder: Path) -> None:
        folder.mkdir()
        Path(os.fsdecode(bytes(folder) + b"/\xff.jpg")).write_bytes(b"1")

        look(owner, folder)

        assert sent(owner) == ["\ufffd.jpg"]


class TestKnownFiles:
    def test_are_not_read_again(self, owner: Owner, folder: Path) -> None:
        refer(owner, "a.jpg")
        file = put(folder, "a.jpg", b"whatever")
        file.chmod(0)

        found = look(owner, folder)

        assert (found.known, found.new, found.left_out) == (1, 0, 0)

    def test_that_were_written_since_are_sent(self, owner: Owner, folder: Path) -> None:
        refer(owner, "a.jpg")
        put(folder, "a.jpg", at=timezone.now() + timedelta(hours=1))

        assert look(owner, folder).new == 1

    def test_that_were_touched_alone_are_not(self, owner: Owner, folder: Path) -> None:
        file = put(folder, "a.jpg", at=timezone.now() + timedelta(hours=1))
        refer(owner, "a.jpg", sha256=digest(file))

        found = look(owner, folder)

        assert (found.known, found.new) == (1, 0)

    def test_are_read_where_that_is_asked_for(self, owner: Owner, folder: Path) -> None:
        refer(owner, "a.jpg")
        put(folder, "a.jpg")

        assert look(owner, folder, recheck=True).new == 1

    def test_under_another_name_are_named_and_not_sent(self, owner: Owner, folder: Path) -> None:
        photo = make_photo(owner=owner, sha256=digest(put(folder, "moved/a.jpg")))

        found = look(owner, folder)

        assert (found.known, found.new) == (1, 0)
        assert Reference.objects.get(external_id="moved/a.jpg").photo == photo
        assert sent(owner) == []

    def test_of_somebody_else_are_new(self, owner: Owner, folder: Path) -> None:
        theirs = make_owner()
        refer(theirs, "a.jpg", sha256=digest(put(folder, "a.jpg")))

        found = look(owner, folder)

        assert (found.new, sent(theirs), sent(owner)) == (1, [], ["a.jpg"])


class TestFilesThatFailed:
    def test_are_sent_again_once_they_are_written(self, owner: Owner, folder: Path) -> None:
        make_item(
            job=make_job(owner=owner),
            external_id="a.jpg",
            source=Item.Source.UPLOAD,
            state=State.FAILED,
            error_code="unsupported_format",
        )
        put(folder, "a.jpg")

        first = look(owner, folder)
        put(folder, "a.jpg", at=timezone.now() + timedelta(hours=1))
        second = look(owner, folder)

        assert (first.failed, first.new, second.failed, second.new) == (1, 0, 0, 1)


class TestWhatIsLeftOut:
    def test_is_hidden_linked_or_no_photo(self, owner: Owner, folder: Path) -> None:
        put(folder, ".hidden.jpg")
        put(folder, ".trash/a.jpg")
        put(folder, "notes.txt")
        (folder / "link.jpg").symlink_to(put(folder.parent, "elsewhere.jpg"))

        assert look(owner, folder) == Scanned()

    def test_is_too_large_and_named(self, owner: Owner, folder: Path) -> None:
        put(folder, "a.jpg", b"x" * 1001)
        put(folder, "b.jpg")

        found = look(owner, folder)

        assert (found.new, found.left_out) == (1, 1)
        assert found.problems == ["a.jpg: more than 1000 bytes"]

    def test_is_still_being_written(self, owner: Owner, folder: Path) -> None:
        put(folder, "a.jpg", at=timezone.now())
        put(folder, "b.jpg")

        found = look(owner, folder, settle_s=60)

        assert (found.new, found.young) == (1, 1)


class TestCosts:
    def test_the_same_queries_for_one_file_and_for_three(
        self, owner: Owner, folder: Path, django_assert_num_queries: Any
    ) -> None:
        for count in (1, 3):
            for number in range(count):
                refer(owner, f"{count}/{number}.jpg")
                put(folder / str(count), f"{count}/{number}.jpg")
            with django_assert_num_queries(2):
                look(owner, folder / str(count))


class TestTheCommand:
    def test_brings_a_photo_to_its_owner(self, owner: Owner, folder: Path) -> None:
        put(folder, "a.jpg", jpeg())
        said = StringIO()

        call_command("scan", str(folder), owner=owner.subject, stdout=said, operations=["faces"])

        assert said.getvalue().startswith("1 new, 0 known, 0 wait")
        assert sent(owner) == ["a.jpg"]

    def test_stops_where_the_queue_is_full(self, owner: Owner, folder: Path, settings: Any) -> None:
        settings.QUEUE_LIMIT = 1
        put(folder, "a.jpg", b"1")
        put(folder, "b.jpg", b"2")

        with pytest.raises(CommandError, match="Ask again for the rest"):
            call_command("scan", str(folder), owner=owner.subject)

        assert list((Path(settings.INTAKE_ROOT) / "uploads").glob("*")) == []

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"owner": "nobody"}, "There is no owner 'nobody'"),
            ({"folder": "/nowhere"}, "/nowhere is no folder"),
            ({"every": -1}, "give seconds"),
        ],
    )
    def test_says_what_is_wrong(
        self, options: dict[str, Any], said: str, owner: Owner, tmp_path: Path
    ) -> None:
        told = {"folder": str(tmp_path), "owner": owner.subject} | options

        with pytest.raises(CommandError, match=said):
            call_command("scan", told.pop("folder"), **told)

    def test_says_that_a_folder_is_empty(self, owner: Owner, tmp_path: Path) -> None:
        said = StringIO()

        call_command("scan", str(tmp_path), owner=owner.subject, stdout=said)

        assert said.getvalue() == "There is no photo in it.\n"


@pytest.mark.django_db(transaction=True)
class TestWatching:
    def test_goes_on_until_it_is_stopped(self, owner: Owner, folder: Path) -> None:
        put(folder, "a.jpg", b"1")
        words = ["manage.py", "scan", str(folder), f"--owner={owner.subject}", "--every=0.2"]
        told = {"DATABASE_URL": database_url(), "INTAKE_ROOT": str(folder.parent / "intake")}

        with subprocess.Popen(  # noqa: S603  # our own program
            [sys.executable, *words],
            cwd=CHECKOUT,
            env={**os.environ, **told},
            stdout=subprocess.PIPE,
            text=True,
        ) as watching:
            assert watching.stdout
            first = watching.stdout.readline()
            second = watching.stdout.readline()
            put(folder, "b.jpg", b"2")
            third = watching.stdout.readline()
            watching.send_signal(signal.SIGTERM)

        assert first.startswith("1 new, 0 known, 0 wait")
        assert second.startswith("0 new, 0 known, 1 wait")
        assert third.startswith("1 new, 0 known, 1 wait")
        assert watching.returncode == 0
        assert sent(owner) == ["a.jpg", "b.jpg"]


def digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()
