"""What remote workers send, and what is not taken from them: nothing of it is stored."""

import base64
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from PIL import Image

from faces.services import FoundFaces
from inference.configs import DescribedModels
from inference.errors import InferenceNotReady
from inference.geometry import Box
from inference.roles import FACE_EMBEDDER
from jobs.active import Making
from jobs.errors import FindingsInvalid
from jobs.given import Given
from jobs.models import Item, State
from jobs.operations import configured_recipes
from jobs.remote.pictures import picture_to_json, read_picture
from jobs.remote.wire import Reading, findings_to_json
from photos import roles
from photos.decoder import exif_to_json
from photos.exif import PhotoExif
from photos.models import Analysis, Photo
from photos.regions import Region
from photos.services import Picture
from search.services import SeenPhoto
from search.spaces import SEARCHED
from search.vocabulary import load
from tests.factories import make_owner, unit
from tests.heads import HEAD, make_repository
from tests.heads import SPACE as HEAD_SPACE
from tests.jobs.remote import (
    HEIGHT,
    WIDTH,
    Worker,
    answer_of,
    encoded,
    face,
    findings,
    picture_of,
    space_of,
    submit,
)
from tests.pictures import jpeg
from tests.served import FACE_EMBEDDER as SERVED
from tests.served import IMAGE_ENCODER

Answer = dict[str, Any]


def with_face(**changes: Any) -> Answer:
    return with_findings(faces={"space": space_of("face_embedder"), "faces": [face(**changes)]})


def with_faces(*faces: Any) -> Answer:
    return with_findings(faces={"space": space_of("face_embedder"), "faces": list(faces)})


def with_findings(**changes: Any) -> Answer:
    return answer_of(findings=findings(**changes))


def with_vector(vector: Any) -> Answer:
    return with_findings(embedding={"space": space_of("image_encoder"), "vector": vector})


def with_object(**changes: Any) -> Answer:
    found = {"label": "dog", "box": [1, 2, 30, 40], "confidence": 0.8}
    return with_findings(objects=[found | changes])


def with_line(**changes: Any) -> Answer:
    line = {"text": "EXIT", "quad": [[1, 1], [20, 1], [20, 9], [1, 9]], "confidence": 0.9}
    return with_findings(ocr=[line | changes])


def with_exif(**changes: Any) -> Answer:
    exif = {"taken_local": None, "offset_s": None, "latitude": None, "longitude": None}
    return answer_of(picture=picture_of(exif=exif | changes))


def without(name: str) -> Answer:
    found = findings()
    del found[name]
    return answer_of(findings=found)


def numbers(*start: float, dimension: int = 384) -> str:
    vector = np.zeros(dimension, np.float32)
    vector[: len(start)] = start
    return encoded(vector)


def picture_in_base64(kind: str = "JPEG", side: int = 48, **options: Any) -> str:
    file = BytesIO()
    Image.new("RGB", (side, side), "red").save(file, kind, **options)
    return base64.b64encode(file.getvalue()).decode()


def exif_with_words() -> Image.Exif:
    exif = Image.Exif()
    exif[0x010E] = "Anna at home"
    return exif


# What is sent, and the place that the answer names.
WRONG: dict[str, tuple[Callable[[], Answer], str]] = {
    "other bytes": (lambda: answer_of(sha256="0" * 64), "sha256"),
    "no findings": (lambda: {**answer_of(), "findings": None}, "findings"),
    "findings as a list": (lambda: answer_of(findings=[]), "findings"),
    "an operation left out": (lambda: without("ocr"), "findings.ocr"),
    "recipes as words": (lambda: answer_of(recipes="all"), "recipes"),
    "a stage with a strange name": (lambda: answer_of(stage_ms={"DROP TABLE": 1}), "stage_ms"),
    "a stage in words": (lambda: answer_of(stage_ms={"fetch": "fast"}), "stage_ms.fetch"),
    "a stage without end": (lambda: answer_of(stage_ms={"fetch": 1e300}), "stage_ms.fetch"),
    "too many stages": (
        lambda: answer_of(stage_ms={"a" * n: 1 for n in range(1, 22)}), "stage_ms",
    ),
    "no picture": (lambda: answer_of(picture=None), "picture"),
    "another format": (lambda: answer_of(picture=picture_of(format="PNG")), "picture.format"),
    "an unknown format": (lambda: answer_of(picture=picture_of(format="GIF")), "picture.format"),
    "other sides": (lambda: answer_of(picture=picture_of(width=81)), "picture.width"),
    "no width": (lambda: answer_of(picture=picture_of(width=0)), "picture.width"),
    "half a pixel": (lambda: answer_of(picture=picture_of(width=79.5)), "picture.width"),
    "true as a width": (lambda: answer_of(picture=picture_of(width=True)), "picture.width"),
    "a thumbnail that is none": (
        lambda: answer_of(picture=picture_of(thumbnail="bm9uZQ==")), "picture.thumbnail",
    ),
    "a thumbnail that is too large": (
        lambda: answer_of(picture=picture_of(thumbnail=picture_in_base64(side=513))),
        "picture.thumbnail",
    ),
    "a thumbnail with words in it": (
        lambda: answer_of(picture=picture_of(thumbnail=picture_in_base64(exif=exif_with_words()))),
        "picture.thumbnail",
    ),
    "a thumbnail with a comment": (
        lambda: answer_of(picture=picture_of(thumbnail=picture_in_base64(comment=b"<script>"))),
        "picture.thumbnail",
    ),
    "a time that is none": (lambda: with_exif(taken_local="yesterday"), "picture.exif"),
    "a time with a zone": (
        lambda: with_exif(taken_local="2024-05-01T10:00:00+02:00"), "picture.exif.taken_local",
    ),
    "an offset of days": (lambda: with_exif(offset_s=9e5), "picture.exif.offset_s"),
    "an offset without end": (lambda: with_exif(offset_s=1e300), "picture.exif"),
    "a place off the earth": (
        lambda: with_exif(latitude=91, longitude=0), "picture.exif.latitude",
    ),
    "half a place": (lambda: with_exif(latitude=5), "picture.exif"),
    "a ninth orientation": (lambda: with_exif(orientation=9), "picture.exif"),
    "a named face that is no list": (lambda: with_exif(regions="Anna"), "picture.exif"),
    "a named face beyond the photo": (
        lambda: with_exif(regions=[{"name": "Anna", "box": [0, 0, 10, 600]}]),
        "picture.exif.regions[0].box[3]",
    ),
    "a named face whose name is half a letter": (
        lambda: with_exif(regions=[{"name": "\ud800", "box": [0, 0, 10, 10]}]),
        "picture.exif.regions[0].name",
    ),
    "fewer portraits than named faces": (
        lambda: answer_of(
            picture=picture_of(
                exif=exif_to_json(PhotoExif(regions=(Region("Anna", Box(1, 2, 30, 40)),) * 2)),
                portraits=[picture_in_base64()],
            )
        ),
        "picture.portraits",
    ),
    "a portrait that is too large": (
        lambda: answer_of(
            picture=picture_of(
                exif=exif_to_json(PhotoExif(regions=(Region("Anna", Box(1, 2, 30, 40)),))),
                portraits=[picture_in_base64(side=193)],
            )
        ),
        "picture.portraits[0]",
    ),
    "a vector of another space": (
        lambda: with_findings(embedding={"space": "image_encoder:0:1", "vector": numbers(1)}),
        "findings.embedding.space",
    ),
    "a vector of too few numbers": (
        lambda: with_vector(numbers(1, dimension=383)), "findings.embedding.vector",
    ),
    "a vector of too many numbers": (
        lambda: with_vector(numbers(1, dimension=385)), "findings.embedding.vector",
    ),
    "a vector with NaN": (
        lambda: with_vector(numbers(float("nan"))), "findings.embedding.vector",
    ),
    "a vector with infinity": (
        lambda: with_vector(numbers(float("inf"))), "findings.embedding.vector",
    ),
    "a vector of zeros": (lambda: with_vector(numbers()), "findings.embedding.vector"),
    "a vector that is too long": (
        lambda: with_vector(numbers(1, 1)), "findings.embedding.vector",
    ),
    "a vector in words": (lambda: with_vector("what?"), "findings.embedding.vector"),
    "a vector as a list": (lambda: with_vector([1, 0]), "findings.embedding.vector"),
    "faces without a list": (
        lambda: with_findings(faces={"space": space_of("face_embedder"), "faces": {}}),
        "findings.faces.faces",
    ),
    "a face that is none": (lambda: with_faces("Anna"), "findings.faces.faces[0]"),
    "too many faces": (lambda: with_faces(*[None] * 1001), "findings.faces.faces"),
    "a face's box outside": (
        lambda: with_face(box=[60, 5, 30, 30]), "findings.faces.faces[0].box",
    ),
    "a face's box below": (
        lambda: with_face(box=[4, 40, 30, 30]), "findings.faces.faces[0].box",
    ),
    "a face's box that begins outside": (
        lambda: with_face(box=[-1, 5, 30, 30]), "findings.faces.faces[0].box[0]",
    ),
    "a face's box without area": (
        lambda: with_face(box=[4, 5, 0, 30]), "findings.faces.faces[0].box[2]",
    ),
    "a face's box without an end": (
        lambda: with_face(box=[4, 5, 1e400, 30]), "findings.faces.faces[0].box[2]",
    ),
    "a face's box of three numbers": (
        lambda: with_face(box=[4, 5, 30]), "findings.faces.faces[0].box",
    ),
    "two faces in one place": (lambda: with_faces(face(), face(5)), "findings.faces.faces"),
    "four landmarks": (
        lambda: with_face(landmarks=[[1, 1]] * 4), "findings.faces.faces[0].landmarks",
    ),
    "a landmark far away": (
        lambda: with_face(landmarks=[[1, 1]] * 4 + [[900, 1]]),
        "findings.faces.faces[0].landmarks[4][0]",
    ),
    "a landmark of one number": (
        lambda: with_face(landmarks=[[1]] * 5), "findings.faces.faces[0].landmarks[0]",
    ),
    "a face that is more than sure": (
        lambda: with_face(confidence=1.01), "findings.faces.faces[0].confidence",
    ),
    "a quality that is no number": (
        lambda: with_face(quality={"size": "large"}), "findings.faces.faces[0].quality.size",
    ),
    "a quality below nothing": (
        lambda: with_face(quality={"size": -0.1}), "findings.faces.faces[0].quality.size",
    ),
    "a crop that is a PNG": (
        lambda: with_face(crop=picture_in_base64("PNG")), "findings.faces.faces[0].crop",
    ),
    "a crop that is too large": (
        lambda: with_face(crop=picture_in_base64(side=193)), "findings.faces.faces[0].crop",
    ),
    "a crop that is cut off": (
        lambda: with_face(crop=picture_in_base64()[:400]), "findings.faces.faces[0].crop",
    ),
    "a crop that is huge": (
        lambda: with_face(crop="A" * 10**6), "findings.faces.faces[0].crop",
    ),
    "a crop that says who it is": (
        lambda: with_face(crop=picture_in_base64(exif=exif_with_words())),
        "findings.faces.faces[0].crop",
    ),
    "an unknown label": (lambda: with_object(label="dragon"), "findings.objects[0].label"),
    "a label that is a list": (lambda: with_object(label=["dog"]), "findings.objects[0].label"),
    "an object outside": (lambda: with_object(box=[1, 2, 80, 40]), "findings.objects[0].box"),
    "an object that is hardly there": (
        lambda: with_object(confidence=-1), "findings.objects[0].confidence",
    ),
    "text without letters": (lambda: with_line(text="  "), "findings.ocr[0].text"),
    "text with NUL": (lambda: with_line(text="a\0b"), "findings.ocr[0].text"),
    "text with half a letter": (lambda: with_line(text="a\ud800"), "findings.ocr[0].text"),
    "text without end": (lambda: with_line(text="x" * 2001), "findings.ocr[0].text"),
    "text as a number": (lambda: with_line(text=5), "findings.ocr[0].text"),
    "text outside": (
        lambda: with_line(quad=[[1, 1], [81, 1], [20, 9], [1, 9]]), "findings.ocr[0].quad[1][0]",
    ),
    "text in a triangle": (lambda: with_line(quad=[[1, 1]] * 3), "findings.ocr[0].quad"),
    "an unknown tag": (
        lambda: with_findings(tags=[{"key": "dragon_king", "confidence": 0.9}]),
        "findings.tags[0].key",
    ),
    "a tag that counts people": (  # that is done here
        lambda: with_findings(tags=[{"key": "people:9", "confidence": 0.9}]),
        "findings.tags[0].key",
    ),
    "a tag twice": (
        lambda: with_findings(tags=[{"key": "dog", "confidence": 0.9}] * 2), "findings.tags",
    ),
    "too many tags": (lambda: with_findings(tags=[{}] * 12), "findings.tags"),
    "an unknown failure": (
        lambda: without("ocr") | {"failures": {"ocr": {"code": "magic", "detail": "x"}}},
        "failures.ocr.code",
    ),
    "a failure without words": (
        lambda: without("ocr") | {"failures": {"ocr": {"code": "inference_failed"}}},
        "failures.ocr.detail",
    ),
}  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestPicture:
    def test_is_the_same_there_and_back(self) -> None:
        anna = Region("Anna", Box(1.25, 2.0, 30.5, 40.0))
        exif = PhotoExif(orientation=6, regions=(anna,))
        small, portrait = jpeg(width=40, height=30), jpeg(width=48, height=48)
        picture = Picture("JPEG", WIDTH, HEIGHT, exif, small, (portrait,))

        assert read_picture(Given(picture_to_json(picture))) == picture

    def test_of_an_older_worker_has_no_portraits(self) -> None:
        older = picture_of()
        del older["portraits"]

        assert read_picture(Given(older)).portraits == ()


class TestAnswer:
    @pytest.fixture(autouse=True)
    def _models(self, transactional_db: None) -> None:
        roles.sync(django_settings.MODEL_REPOSITORY)

    @pytest.mark.parametrize("wrong", WRONG)
    def test_that_is_wrong_names_the_place_and_stores_nothing(self, wrong: str) -> None:
        make, place = WRONG[wrong]
        worker = Worker()
        submit(make_owner())
        lease = worker.lease()

        refused = worker.complete(lease, make())

        assert refused.status_code == 422, refused.json()
        assert refused.json()["detail"].partition(": ")[0] == place
        assert (Photo.objects.count(), Analysis.objects.count()) == (0, 0)
        assert Item.objects.get().state == State.PROCESSING

    def test_that_was_wrong_may_be_mended(self) -> None:
        worker = Worker()
        submit(make_owner())
        lease = worker.lease()
        worker.complete(lease, with_object(label="dragon"))

        assert worker.complete(lease, answer_of()).status_code == 200

    def test_with_what_was_not_asked_for_is_stored_without_it(self) -> None:
        worker = Worker()
        job = submit(make_owner(), operations=["objects"])
        more = answer_of() | {"owner": 1, "state": "failed", "worker": "x"}

        worker.complete(worker.lease(), more)

        assert job.items.get().state == State.SUCCEEDED
        assert list(Analysis.objects.values_list("operation", flat=True)) == ["objects"]


class TestFacesBehindAHead:
    """The server can't make the embedder's vectors of the head's: both are sent."""

    @pytest.fixture
    def reading(self, tmp_path: Path) -> Reading:
        """With the real embedder, and a head for it."""
        folder = make_repository(tmp_path)
        active = {role: f"{role}.packaged.1" for role in ("face_detector", "face_embedder")}
        active["face_matcher"] = HEAD
        vocabulary = load(django_settings.VOCABULARY_DIR)
        recipes = configured_recipes(active, vocabulary)
        making = Making(DescribedModels(folder), folder, active, vocabulary, recipes)
        return Reading(WIDTH, HEIGHT, making)

    def test_are_the_same_there_and_back(self, reading: Reading) -> None:
        own, moved = numbers(1, dimension=512), numbers(0, 1, dimension=512)
        sent = {"space": HEAD_SPACE, "faces": [face(vector=moved, own_vector=own)]}

        found = reading.findings("faces", Given(sent))

        assert isinstance(found, FoundFaces)
        assert [each.role for each in found.identities] == ["face_embedder", "face_matcher"]
        again = findings_to_json(found)
        assert again["space"] == HEAD_SPACE
        [both] = [(each["own_vector"], each["vector"]) for each in again["faces"]]
        assert both == (own, moved)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({}, "own_vector: it is missing"),
            ({"own_vector": numbers(1)}, "own_vector: give 512 numbers"),
            ({"own_vector": numbers(1, dimension=512), "vector": ""}, "vector: give 512 numbers"),
        ],
    )
    def test_need_both_vectors(self, reading: Reading, changes: dict[str, Any], says: str) -> None:
        wrong = {"space": HEAD_SPACE, "faces": [face(**changes)]}

        with pytest.raises(FindingsInvalid, match=rf"^faces\[0\]\.{says}"):
            reading.findings("faces", Given(wrong))

    def test_need_the_space_of_the_head(self, reading: Reading) -> None:
        with pytest.raises(FindingsInvalid, match=f"must be of {HEAD_SPACE}"):
            reading.findings("faces", Given({"space": "face_embedder:0:1", "faces": []}))


class TestPhotosThatFollow:
    """Two vectors of a photo are sent while photos are searched in another encoder's space."""

    SPACES = ("image_encoder:new:1", "image_encoder:old:1")

    @pytest.fixture
    def reading(self, tmp_path: Path) -> Reading:
        active = {"image_encoder": "image_encoder.new.1", SEARCHED: "image_encoder.old.1"}
        for name, space in zip(active.values(), self.SPACES, strict=True):
            (tmp_path / name).mkdir()
            built = django_settings.MODEL_REPOSITORY / IMAGE_ENCODER.name / "config.pbtxt"
            config = built.read_text()
            own = DescribedModels(django_settings.MODEL_REPOSITORY).identity(IMAGE_ENCODER).space
            (tmp_path / name / "config.pbtxt").write_text(config.replace(own, space))
        vocabulary = load(django_settings.VOCABULARY_DIR)
        recipes = configured_recipes(active, vocabulary)
        making = Making(DescribedModels(tmp_path), tmp_path, active, vocabulary, recipes)
        return Reading(WIDTH, HEIGHT, making)

    def test_are_the_same_there_and_back(self, reading: Reading) -> None:
        new, old = self.SPACES
        sent = {
            "space": new,
            "vector": numbers(1),
            "searched": {"space": old, "vector": numbers(0, 1)},
        }

        found = reading.findings("embedding", Given(sent))

        assert isinstance(found, SeenPhoto)
        assert [identity.space for identity, _ in found.looks] == [new, old]
        np.testing.assert_array_equal(found.vector, unit(1, dimension=384))
        assert findings_to_json(found) == sent

    @pytest.mark.parametrize(
        ("searched", "says"),
        [
            (None, "searched: it is missing"),
            ({"space": SPACES[0], "vector": ""}, "searched.space: the vectors must be of"),
            ({"space": SPACES[1], "vector": ""}, "searched.vector: give 384 numbers"),
        ],
    )
    def test_need_both_vectors(self, reading: Reading, searched: Any, says: str) -> None:
        sent = {"space": self.SPACES[0], "vector": numbers(1)}
        if searched:
            sent["searched"] = searched

        with pytest.raises(FindingsInvalid, match=f"^{says}"):
            reading.findings("embedding", Given(sent))


class TestGiven:
    def test_keeps_a_box_that_reaches_the_photos_edges(self) -> None:
        box = Given([0, 0, WIDTH, HEIGHT]).box(WIDTH, HEIGHT)

        assert (box.x, box.y, box.width, box.height) == (0, 0, WIDTH, HEIGHT)

    def test_keeps_a_vector_exactly(self) -> None:
        vector = np.asarray(unit(0.1, 0.2, 0.3), np.float32)

        assert (Given(encoded(vector)).vector(8) == vector).all()

    @pytest.mark.parametrize("value", [10**400, float("nan"), -float("inf"), "1", None, [1]])
    def test_takes_no_number_that_is_none(self, value: Any) -> None:
        with pytest.raises(FindingsInvalid, match="place: give a number"):
            Given(value, "place").number(0, 10)

    def test_keeps_a_jpeg_as_it_is(self) -> None:
        data = jpeg(width=20, height=10)

        assert Given(base64.b64encode(data).decode()).jpeg(side=20) == data


class TestDescribedModels:
    def test_know_a_model_as_its_server_does(self, triton: Any) -> None:
        described = DescribedModels(django_settings.MODEL_REPOSITORY)

        assert described.identity(SERVED) == triton.identity(SERVED)

    def test_name_the_model_that_is_not_there(self) -> None:
        described = DescribedModels(django_settings.MODEL_REPOSITORY)

        with pytest.raises(InferenceNotReady, match=r"face_embedder\.none\.1: its configuration"):
            described.identity(FACE_EMBEDDER.at("face_embedder.none.1"))

    def test_run_nothing(self) -> None:
        with pytest.raises(InferenceNotReady):
            DescribedModels(django_settings.MODEL_REPOSITORY).infer(SERVED)
