"""The tutorial and the how-tos, run from top to bottom as their readers would."""

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from config.models import ApiKey, Retention
from faces.models import Cluster, Edit, Erasure, Face, Person
from faces.people import naming
from local.stack import CHECKOUT
from photos.models import Owner, Photo
from tests.database import database_url
from tests.docs.snippets import run
from tests.docs.test_pages import SECRET_KEY
from tests.factories import make_person

pytestmark = pytest.mark.django_db(transaction=True)

GUIDES = CHECKOUT / "docs/how-to"
Guide = Callable[[str], dict[str, str]]


@pytest.fixture
def guide(
    reader: Owner, folder: Path, places: dict[str, str], tmp_path: Path, triton_url: str
) -> Guide:
    """Runs a page, and has what it has written, by the headings of its snippets."""
    assert reader.user is not None
    reader.user.is_superuser = True
    reader.user.save()
    service = {
        "DATABASE_URL": database_url(),
        "SECRET_KEY": SECRET_KEY,
        "VAR_DIR": str(tmp_path),
        "TRITON_URL": triton_url,
        "DISK_FREE_MB": "1",
    }

    def read(page: str) -> dict[str, str]:
        said: dict[str, str] = {}
        there = {"user:1": reader.subject, **places}
        for name, text in run(CHECKOUT / "docs" / page, folder, service, there):
            said[name] = said.get(name, "") + text
        return said

    return read


def put(portraits: Path, folder: Path, *names: str) -> None:
    folder.mkdir(parents=True)
    for name in names:
        shutil.copy(portraits / name, folder)


class TestTheTutorial:
    def test_does_what_it_says(
        self, guide: Guide, reader: Owner, folder: Path, portraits: Path
    ) -> None:
        put(portraits, folder / "Pictures/party", "obama.jpg", "obama2.jpg", "obama3.jpg")

        said = guide("tutorial.md")

        album, api = said["3. Your first album, bash"], said["7. The same by the API, bash"]
        assert "3 " in album
        assert reader.photos.count() == 3  # party.jpg is one of them
        assert Cluster.objects.get().person == Person.objects.get()
        assert Person.objects.get().name == "Anna"
        assert Edit.objects.filter(kind=Edit.Kind.UNDO).count() == 2
        assert '"total":{"count":3' in api.replace(" ", "")


@pytest.mark.usefixtures("library")
class TestAFamily:
    def test_gets_names_into_its_folder(
        self, guide: Guide, reader: Owner, folder: Path, portraits: Path
    ) -> None:
        naming.name_cluster(Cluster.objects.get(), "Anna", by=reader.user)
        put(portraits, folder / "Pictures", "obama.jpg", "obama2.jpg", "obama3.jpg")
        before = {path.name: path.read_bytes() for path in (folder / "Pictures").iterdir()}

        guide("how-to/family.md")

        after = {path.name: path.read_bytes() for path in (folder / "Pictures").iterdir()}
        assert before.items() <= after.items()
        assert sorted(after.keys() - before.keys()) == ["obama.jpg.xmp", "obama2.jpg.xmp"]
        assert b"Anna" in after["obama.jpg.xmp"]
        assert len([*(folder / "kindred-backups/snapshots").iterdir()]) == 1


class TestAnEventPhotographer:
    def test_finds_a_guest_by_a_selfie(self, guide: Guide, folder: Path, portraits: Path) -> None:
        put(portraits, folder / "photos", "obama.jpg", "obama2.jpg")
        shutil.copy(portraits / "obama3.jpg", folder / "selfie.jpg")

        said = guide("how-to/events.md")

        event = Owner.objects.get(subject="run-2026")
        found = [line.split() for line in said["3. A guest asks, bash"].splitlines()]
        sent = Photo.objects.filter(references__external_id__startswith="photos/")
        assert {int(photo) for photo, _ in found} == {photo.pk for photo in sent}
        assert '"url"' in said["4. Hand a photo out, bash"]
        assert Person.objects.get().contact_id == "guest-17"
        assert Retention.objects.get().owner == event


@pytest.mark.usefixtures("library")
class TestANewsroom:
    def test_answers_and_forgets(self, guide: Guide, reader: Owner, folder: Path) -> None:
        naming.name_cluster(Cluster.objects.get(), "Anna", by=reader.user)
        make_person(owner=reader, name="Ben")

        said = guide("how-to/newsroom.md")

        assert json.loads((folder / "found.json").read_text())["total"]["count"] == 2
        assert '"rule"' in said["2. Find somebody, and know why, bash"]
        assert zipfile.is_zipfile(folder / "ben.zip")
        assert [person.name for person in Person.objects.all()] == ["Anna"]
        assert Erasure.objects.get().finished_at is not None
        assert "PersonDoors.partial_update" in said["6. Who did what, bash"]


class TestADeveloper:
    def test_keeps_users_apart(self, guide: Guide) -> None:
        said = guide("how-to/developer.md")

        person = Person.objects.get()
        assert (person.owner.subject, person.name) == ("user-44", "Anna")
        assert Face.objects.get().photo.owner.subject == "user-44"
        apart = said["5. Nobody else sees it, bash"].splitlines()
        assert apart == ["[]", "not_found"]
        assert said["6. When something goes wrong, bash"].strip() == "invalid_url"


class TestAnOperator:
    def test_keeps_it_running(self, guide: Guide, folder: Path) -> None:
        said = guide("how-to/operator.md")

        assert "kindred_build_info{" in said["3. Watch it, bash"]
        assert len([*(folder / "backups/snapshots").iterdir()]) == 1
        assert ApiKey.objects.get(name="shop").revoked_at is not None
