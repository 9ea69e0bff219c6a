"""Names from Immich and PhotoPrism go to the same faces of the same photos."""

import base64
import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from faces.models import Edit, Face, Person
from faces.portability import elsewhere
from photos.models import Owner, Photo
from tests.factories import make_face, make_owner, make_photo

pytestmark = pytest.mark.django_db
BOX: dict[str, Any] = {"x": 64, "y": 48, "width": 64, "height": 96}  # of 640 x 480: .1 .1 .1 .2


@pytest.fixture
def photo(owner: Owner) -> Photo:
    return make_photo(owner=owner)


@pytest.fixture
def face(photo: Photo) -> Face:
    return make_face(photo=photo, **BOX)


def sha1(photo: Photo) -> bytes:
    with photo.original.open("rb") as original:
        return hashlib.sha1(original.read(), usedforsecurity=False).digest()


def immich(photo: Photo, name: str = "Anna", **values: Any) -> dict[str, Any]:
    """An asset, with the box in pixels of a preview of half the size."""
    face = {
        "imageWidth": 320, "imageHeight": 240, "boundingBoxX1": 32, "boundingBoxY1": 24,
        "boundingBoxX2": 64, "boundingBoxY2": 72, "sourceType": "machine-learning",
    }  # fmt: skip
    person = {"id": "p-1", "name": name, "isHidden": False, "faces": [face]}
    checksum = base64.b64encode(sha1(photo)).decode()
    return {"type": "IMAGE", "checksum": checksum, "people": [person | values]}


def photoprism(photo: Photo, name: str = "Anna", **values: Any) -> dict[str, Any]:
    marker = {
        "Type": "face", "Name": name, "SubjUID": "js1", "Invalid": False, "Review": False,
        "X": 0.1, "Y": 0.1, "W": 0.1, "H": 0.2,
    }  # fmt: skip
    return {"UID": "ps1", "Files": [{"Hash": sha1(photo).hex(), "Markers": [marker | values]}]}


def written(folder: Path, *entries: Any, name: str = "theirs.json") -> str:
    file = folder / name
    file.write_text("\n".join(json.dumps(each) for each in entries))
    return str(file)


def take(program: str, *files: str, owner: Owner, **options: Any) -> dict[str, Any]:
    out = StringIO()
    told = {"owner": owner.subject, "json": True, "program": program}
    call_command("import_people", *files, stdout=out, **told | options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.mark.parametrize(("program", "entry"), [("immich", immich), ("photoprism", photoprism)])
class TestBoth:
    def test_name_the_face_at_that_place(
        self, program: str, entry: Any, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        told = take(program, written(tmp_path, entry(photo)), owner=owner)

        assert (told["people_created"], told["faces_given"], told["faces_missing"]) == (1, 1, 0)
        assert Person.objects.get(owner=owner).name == "Anna"
        assert face.membership.cluster.person == Person.objects.get(owner=owner)
        assert Edit.objects.of(owner).get().kind == Edit.Kind.IMPORT

    def test_done_twice_change_nothing(
        self, program: str, entry: Any, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        file = written(tmp_path, entry(photo))
        take(program, file, owner=owner)

        again = take(program, file, owner=owner)

        assert (again["edit"], again["faces_known"], again["faces_given"]) == (None, 1, 0)

    def test_leave_photos_of_others_alone(
        self, program: str, entry: Any, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        other = make_owner()

        told = take(program, written(tmp_path, entry(photo)), owner=other)

        assert (told["photos_missing"], told["faces_given"]) == (1, 0)
        assert not hasattr(Face.objects.get(pk=face.pk), "membership")

    def test_leave_out_faces_without_a_name(
        self, program: str, entry: Any, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        told = take(program, written(tmp_path, entry(photo, " ")), owner=owner)

        assert (told["people_created"], told["edit"]) == (0, None)

    def test_put_nobody_into_a_photo_twice(
        self, program: str, entry: Any, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        told = take(program, written(tmp_path, entry(photo), entry(photo)), owner=owner)

        assert (told["people_created"], told["faces_given"]) == (1, 1)

    def test_say_where_a_file_is_wrong(
        self, program: str, entry: Any, owner: Owner, photo: Photo, tmp_path: Path
    ) -> None:
        file = written(tmp_path, entry(photo), {"Files": 3, "checksum": "?"})

        with pytest.raises(CommandError, match=f"^file 1, line 2: this is nothing of {program}: "):
            take(program, file, owner=owner)

        assert not Person.objects.exists()

    def test_refuse_names_that_nobody_can_have(
        self, program: str, entry: Any, owner: Owner, photo: Photo, tmp_path: Path
    ) -> None:
        with pytest.raises(CommandError, match=r"^file 1: The name has 1000 letters"):
            take(program, written(tmp_path, entry(photo, "a" * 1000)), owner=owner)

    def test_may_only_be_tried_out(
        self, program: str, entry: Any, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        told = take(program, written(tmp_path, entry(photo)), owner=owner, dry_run=True)

        assert (told["faces_given"], Person.objects.count()) == (1, 0)


class TestImmich:
    def test_may_give_pages_of_its_search_in_several_files(
        self, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        second = make_photo(owner=owner)
        Path(second.original.path).write_bytes(b"another picture")
        make_face(photo=second, **BOX)
        pages = [
            {"assets": {"items": [immich(each)], "nextPage": None}} for each in (photo, second)
        ]
        files = [written(tmp_path, page, name=f"{n}.json") for n, page in enumerate(pages)]

        told = take("immich", *files, owner=owner)

        assert (told["people_created"], told["faces_given"]) == (1, 2)

    def test_keeps_hidden_who_is_hidden_there(
        self, owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        take("immich", written(tmp_path, immich(photo, isHidden=True)), owner=owner)

        assert Person.objects.get().hidden is True

    def test_has_videos_too_which_are_left_out(self, photo: Photo) -> None:
        assert list(elsewhere.PROGRAMS["immich"](immich(photo) | {"type": "VIDEO"})) == []


class TestPhotoPrism:
    @pytest.mark.parametrize(
        "doubt", [{"Invalid": True}, {"Review": True}, {"Type": "label"}, {"X": 1.5}]
    )
    def test_is_not_believed_where_it_does_not_believe_itself(
        self, doubt: dict[str, Any], owner: Owner, photo: Photo, face: Face, tmp_path: Path
    ) -> None:
        told = take("photoprism", written(tmp_path, photoprism(photo, **doubt)), owner=owner)

        assert told["people_created"] == 0


class TestTheCommand:
    def test_takes_one_document_of_our_own_at_a_time(self, owner: Owner, tmp_path: Path) -> None:
        files = [written(tmp_path, {}, name=name) for name in ("a", "b")]

        with pytest.raises(CommandError, match="Give one document"):
            take("kindred", *files, owner=owner)

    def test_says_which_file_is_missing(self, owner: Owner, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"gone\.json: No such file"):
            take("immich", str(tmp_path / "gone.json"), owner=owner)
