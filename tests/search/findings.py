"""What models find in photos. What a test does not name does not matter to it."""

import itertools
from typing import Any

from photos.models import Analysis, Photo, Role, ServedModel
from search.models import Caption, DetectedObject, PhotoTag, TextLine
from tests.factories import make_photo

_number = itertools.count()


def make_object(*, photo: Photo | None = None, **values: Any) -> DetectedObject:
    defaults = {
        "recipe": "object_detector.packaged.1",
        "label": "cat",
        "confidence": 0.9,
        "x": 100.0,
        "y": 50.0,
        "width": 200.0,
        "height": 80.0,
    }
    return DetectedObject.objects.create(photo=photo or make_photo(), **defaults | values)


def make_line(*, photo: Photo | None = None, **values: Any) -> TextLine:
    defaults = {
        "recipe": "text_detector.packaged.1+text_recognizer.packaged.1",
        "position": next(_number),
        "text": "Warung Padang",
        "quad": [[20, 30], [120, 40], [118, 60], [18, 50]],
        "confidence": 0.8,
    }
    return TextLine.objects.create(photo=photo or make_photo(), **defaults | values)


def make_tag(*, photo: Photo | None = None, **values: Any) -> PhotoTag:
    defaults = {
        "recipe": "image_encoder.packaged.1+text_encoder.packaged.1+0123456789abcdef",
        "key": "beach",
        "confidence": 0.7,
    }
    return PhotoTag.objects.create(photo=photo or make_photo(), **defaults | values)


def make_caption(*, photo: Photo | None = None, **values: Any) -> Caption:
    defaults = {
        "recipe": "template.1",
        "source": Caption.Source.TEMPLATE,
        "language": "en",
        "sentence": "Two cats.",
    }
    return Caption.objects.create(photo=photo or make_photo(), **defaults | values)


def make_analysis(*, photo: Photo | None = None, **values: Any) -> Analysis:
    defaults = {"operation": "objects", "recipe": "object_detector.packaged.1"}
    return Analysis.objects.create(photo=photo or make_photo(), **defaults | values)


def make_active(*roles: str, pack: str = "packaged") -> None:
    """Let each role have a model of `pack`, named like ROLE.packaged.1."""
    for role in roles:
        name = f"{role}.{pack}.1"
        space = f"{role}:{pack}:1"
        model = ServedModel.objects.create(
            name=name, role=role, pack=pack, version=1, space=space, memory_bytes=1
        )
        Role.objects.create(name=role, active=model)
