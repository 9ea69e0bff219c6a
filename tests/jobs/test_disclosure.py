"""All that is known of one person, for them to read."""

import json
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from config.models import AuditEntry
from faces.models import Person
from faces.people import naming, placing
from jobs.disclosure import disclose
from photos.models import Owner
from tests.factories import (
    make_cluster,
    make_face,
    make_owner,
    make_person,
    make_photo,
    make_space,
    unit,
)
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db(transaction=True)
NAME = "<b>Zoë</b> Ñandú"


@pytest.fixture
def zoe(owner: Owner) -> Person:
    """Somebody with two faces; of one the picture is gone."""
    cluster, space = make_cluster(owner=owner), make_space()
    for number in range(2):
        face = make_face(
            photo=make_photo(owner=owner), cluster=cluster, vector=unit(1, 0), space=space
        )
        if number == 0:
            default_storage.delete(str(face.crop))
            default_storage.save(str(face.crop), ContentFile(jpeg()))
        else:
            default_storage.delete(str(face.crop))
    return naming.name_cluster(cluster, NAME)


def read(data: bytes) -> tuple[dict[str, Any], str, list[str]]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert archive.testzip() is None
        page = archive.read("index.html").decode()
        return json.loads(archive.read("data.json")), page, archive.namelist()


class TestDisclosure:
    def test_is_all_that_is_known(self, api: APIClient, zoe: Person, owner: Owner) -> None:
        other = make_face(photo=make_photo(owner=owner), cluster=make_cluster(owner=owner))
        placing.reject(owner, [other.pk], zoe)

        answer: Any = api.get(f"/api/v1/people/{zoe.pk}/disclosure/")
        told, page, names = read(b"".join(answer.streaming_content))

        assert answer.headers["Content-Disposition"] == (
            f'attachment; filename="person-{zoe.pk}.zip"'
        )
        assert (told["person"]["name"], told["not_them"]) == (NAME, 1)
        assert [each["kind"] for each in told["changes"]] == ["label", "reject"]
        first, second = told["faces"]
        assert [numbers[:2] for numbers in first["vectors"].values()] == [[1, 0]]
        assert first["vectors"] == second["vectors"]
        assert (first["picture"], second["picture"]) == (f"faces/{first['id']}.jpg", None)
        assert sorted(names) == sorted([first["picture"], "data.json", "index.html"])
        assert "&lt;b&gt;Zoë" in page
        assert "<b>" not in page

    def test_says_nothing_of_anybody_else(self, api: APIClient, zoe: Person, owner: Owner) -> None:
        photo = zoe.owner.photos.first()
        assert photo
        ben = make_person(owner=owner, name="Ben")
        make_face(photo=photo, cluster=make_cluster(owner=owner, person=ben))

        answer: Any = api.get(f"/api/v1/people/{zoe.pk}/disclosure/")

        told, page, _ = read(b"".join(answer.streaming_content))
        assert "Ben" not in json.dumps(told) + page

    def test_is_noted(self, api: APIClient, zoe: Person) -> None:
        b"".join(api.get(f"/api/v1/people/{zoe.pk}/disclosure/"))

        assert AuditEntry.objects.get().act == "DisclosureView.get"

    def test_of_another_owner_is_not_there(self, api: APIClient) -> None:
        theirs = make_person(owner=make_owner(), name="Ben")

        foreign = api.get(f"/api/v1/people/{theirs.pk}/disclosure/")
        missing = api.get(f"/api/v1/people/{theirs.pk + 1}/disclosure/")

        assert (foreign.status_code, foreign.json()) == (404, missing.json())

    def test_costs_a_fixed_number_of_queries(self, zoe: Person, owner: Owner) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                disclose(zoe, BytesIO())
            counts.append(len(queries))
            [cluster] = zoe.clusters.all()
            for _ in range(3):
                make_face(photo=make_photo(owner=owner), cluster=cluster)

        assert counts[0] == counts[1]


class TestTheCommand:
    def test_writes_the_file_once(self, zoe: Person, tmp_path: Path) -> None:
        out, file = StringIO(), tmp_path / "zoe.zip"

        call_command("disclose_person", str(zoe.pk), to=file, stdout=out)

        assert read(file.read_bytes())[0]["person"]["name"] == NAME
        assert out.getvalue() == f"Written: {file}\n"
        with pytest.raises(CommandError, match="is there already"):
            call_command("disclose_person", str(zoe.pk), to=file)

    def test_says_what_is_wrong(self, zoe: Person, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="There is no person"):
            call_command("disclose_person", str(zoe.pk + 1), to=tmp_path / "a.zip")
        with pytest.raises(CommandError, match="can't be written"):
            call_command("disclose_person", str(zoe.pk), to=tmp_path / "none" / "a.zip")
