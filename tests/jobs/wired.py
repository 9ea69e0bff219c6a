"""What remote workers send, with one thing of it changed."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from inference.geometry import Box
from photos.decoder import exif_to_json
from photos.exif import PhotoExif
from photos.regions import Region
from tests.jobs.remote import (
    answer_of,
    encoded,
    face,
    findings,
    picture_of,
    space_of,
)

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
