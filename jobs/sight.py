"""Looking for faces in a picture while its sender waits. Nothing of it is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

import photos.serving
from faces.recognition import Probe
from faces.services import FoundFaces, spaces_of
from jobs.active import ActiveOperations
from jobs.operations import with_needs
from photos.decoding import decoders
from photos.models import Space
from photos.operations import FACES, Operation
from photos.services import Content, Picture


@dataclass(frozen=True)
class Sight:
    """A picture, and the faces that were found in it."""

    content: Content
    picture: Picture
    operation: Operation  # that found them
    findings: FoundFaces
    space: Space  # in which the faces are compared

    @property
    def probes(self) -> list[Probe]:
        return [Probe.found(face) for face in self.findings.found]


def look_at(*pictures: bytes) -> list[Sight]:
    """Find the faces of `pictures`, as they are found in photos now. In no transaction: slow.

    Raises:
        PhotoError: one of them can't be read.
        InferenceError: the model server gave no answer, or a wrong one.
        OperationUnavailable: no model here finds faces.
    """
    if not pictures:
        return []
    with face_finder() as find:
        return [_seen(Content.of(data), find) for data in pictures]


@contextmanager
def face_finder() -> Iterator[Operation]:
    with photos.serving.client() as triton:
        [find] = with_needs([FACES], ActiveOperations(triton, settings.MODEL_REPOSITORY)())
        yield find


def _seen(content: Content, find: Operation) -> Sight:
    with decoders().decoded(content.data) as decoded:
        findings = find.look(decoded.pixels)
        assert isinstance(findings, FoundFaces)  # noqa: S101  # that is what finding faces gives
        space = spaces_of(findings.identities)[-1]
        return Sight(content, Picture.of(decoded), find, findings, space)
