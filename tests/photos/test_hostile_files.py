"""Files with names, contents and requests that try to be something else."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage, storages
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from jobs.models import Item, Job
from photos.models import Owner, Photo
from tests.factories import make_photo
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
SCRIPT = b"<html><script>alert(1)</script></html>"
NAMES = [
    "../../etc/passwd", "..\\..\\boot.ini", "%2e%2e%2fx.jpg", "/etc/passwd", "a\0b.jpg", "CON",
    "x" * 300 + ".jpg", "\u202egpj.exe", "Zoe\u0301.jpg", "Zo\u00e9.jpg", "a\r\nSet-Cookie: b=1",
    '"; filename="evil.html', ".htaccess", "a/../../b.jpg",
]  # fmt: skip


def files_below(folder: Path) -> set[Path]:
    return {each for each in folder.rglob("*") if each.is_file()}


def send(api: APIClient, name: str, data: bytes) -> Any:
    file = SimpleUploadedFile("a.jpg", data, "image/jpeg")
    file._name = name  # type: ignore[attr-defined]  # noqa: SLF001  # as no well-behaved client sends it
    url, now = "/api/v1/process/image/", "respond-async"
    return api.post(url, {"file": file}, format="multipart", HTTP_PREFER=now)


class TestNames:
    def test_lead_nowhere(self, api: APIClient, owner: Owner, tmp_path: Path) -> None:
        intake = Path(storages["intake"].path("")).resolve()

        codes = {name: send(api, name, jpeg(seed=n)).status_code for n, name in enumerate(NAMES)}

        stored = [each.resolve() for each in files_below(tmp_path)]
        taken = [name for name, code in codes.items() if code == 202]
        assert set(codes.values()) <= {202, 400}, codes
        assert all(each.is_relative_to(intake) for each in stored)
        assert len(stored) == Item.objects.filter(job__owner=owner).count() == len(taken)
        assert not any(word in str(each) for each in stored for word in ("passwd", "evil", "CON"))

    @pytest.mark.parametrize("name", ["a\r\nX-Evil: 1", '"; filename="evil.html', "ä\n.jpg"])
    def test_write_no_header(self, api: APIClient, owner: Owner, name: str) -> None:
        job = Job.objects.create(owner=owner, operations=["faces"], result_files=True)

        answers = [
            api.get(f"/api/v1/jobs/{job.pk}/files/{name}"),
            api.get(f"/media/{owner.pk}/{name}"),
            api.post(f"/api/v1/photos/{make_photo(owner=owner).pk}/sidecar/", {}, "multipart"),
        ]

        for answer in answers:
            assert "X-Evil" not in answer.headers
            assert "evil" not in answer.headers.get("Content-Disposition", "")
            assert not any(set("\r\n") & set(value) for value in answer.headers.values())


class TestPolyglot:
    @pytest.mark.parametrize("name", ["original.jpg", "original.png"])
    def test_is_served_as_the_photo_that_it_is(
        self, api: APIClient, owner: Owner, name: str
    ) -> None:
        photo = make_photo(owner=owner)
        key = f"{owner.pk}/{photo.sha256}/{name}"
        default_storage.save(key, ContentFile(jpeg() + SCRIPT))

        answer = api.get(f"/media/{key}")
        b"".join(answer.streaming_content)  # type: ignore[attr-defined]  # it is streamed

        assert answer.headers["Content-Type"] in {"image/jpeg", "image/png"}
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"] == f'inline; filename="{name}"'
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]

    def test_is_never_kept_under_a_name_of_its_own(self, api: APIClient, tmp_path: Path) -> None:
        answer = send(api, "a.html", jpeg() + SCRIPT)

        assert answer.status_code == 202
        assert not [each for each in files_below(tmp_path) if each.suffix == ".html"]


@pytest.fixture
def theirs() -> Photo:
    return make_photo()


class TestWaysToAsk:
    @pytest.mark.parametrize("method", ["get", "head", "options"])
    @pytest.mark.parametrize(
        "headers",
        [
            {"HTTP_RANGE": "bytes=0-10"},
            {"HTTP_RANGE": "bytes=-1"},
            {"HTTP_IF_NONE_MATCH": "*"},
            {"HTTP_IF_MODIFIED_SINCE": "Mon, 01 Jan 2035 00:00:00 GMT"},
            {"HTTP_IF_RANGE": '"x"', "HTTP_RANGE": "bytes=0-0"},
        ],
        ids=str,
    )
    def test_show_nothing_of_others(
        self, api: APIClient, theirs: Photo, method: str, headers: dict[str, Any]
    ) -> None:
        asked = getattr(api, method)
        there = asked(theirs.original.url, **headers)
        missing = asked("/media/1/none.jpg", **headers)
        stranger = getattr(APIClient(), method)(theirs.original.url, **headers)

        assert (there.status_code, there.content) == (missing.status_code, missing.content)
        assert "ETag" not in there.headers
        assert stranger.status_code == 401

    def test_by_a_known_etag_show_nothing_of_others(self, api: APIClient, theirs: Photo) -> None:
        etag = f'"{theirs.original.name}?"'

        answer = api.get(theirs.original.url, HTTP_IF_NONE_MATCH=etag)

        assert answer.status_code == 404

    def test_by_a_range_give_no_more_than_the_file(self, api: APIClient, owner: Owner) -> None:
        photo = make_photo(owner=owner)

        answer = api.get(photo.thumbnail.url, HTTP_RANGE="bytes=0-99999999999")

        assert answer.status_code == 200
        with photo.thumbnail.open() as file:
            assert BytesIO(b"".join(answer.streaming_content)).read() == file.read()  # type: ignore[attr-defined]  # it is streamed
