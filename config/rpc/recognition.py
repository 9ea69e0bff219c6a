"""Who is in a photo, for callers of gRPC. What each message means is said in the .proto file."""

import uuid
from dataclasses import dataclass
from urllib.parse import urljoin

import grpc
from django.conf import settings
from rest_framework.exceptions import NotFound

from config.rpc import recognition_pb2 as pb
from config.rpc.calls import Failure
from faces import recognition
from faces.calibration import score_of
from faces.models import Face, Person
from faces.recognition import Candidate, active_space
from jobs import services, waiting
from jobs.annotation import published
from jobs.models import UNFINISHED, Item, Job, State
from jobs.serializers.jobs import SubmissionSerializer
from jobs.views.process import status_of
from photos.models import Owner, Photo
from photos.operations import FACES

_MATCHES, _MOST_MATCHES = 5, 100
_SPARE_S = 0.5  # of a call's deadline, in which the answer is made and sent
_OF_HTTP = {
    500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE,
    507: grpc.StatusCode.UNAVAILABLE,
}


@dataclass(frozen=True)
class Wishes:
    """How an answer is to be."""

    matches: int
    least: float | None  # cosine; none: by which a face is taken for somebody's
    picture: bool
    names: bool

    @classmethod
    def of(cls, options: pb.AnswerOptions) -> "Wishes":
        """
        Raises:
            Failure: one of them can't be.
        """
        least = options.min_similarity if options.HasField("min_similarity") else None
        matches = options.max_matches if options.HasField("max_matches") else _MATCHES
        if least is not None and not -1 <= least <= 1:
            raise _wrong("options.min_similarity: give a cosine, -1 to 1.")
        if not 1 <= matches <= _MOST_MATCHES:
            raise _wrong(f"options.max_matches: give 1 to {_MOST_MATCHES}.")
        return cls(matches, least, not options.without_picture, not options.without_names)


def process(
    owner: Owner, asked: pb.ProcessPhotoRequest, context: grpc.ServicerContext
) -> pb.ProcessPhotoResponse:
    """Have a photo looked at, and wait as long as the caller does.

    Raises:
        Failure, APIException, JobError, PhotoError: it can't be.
    """
    wishes = Wishes.of(asked.options)
    submission = SubmissionSerializer(
        data={"url": asked.url, "external_id": asked.photo_id, "operations": [FACES]}
    )
    submission.is_valid(raise_exception=True)
    job = services.submit(
        owner,
        [submission.photo_source()],
        operations=[FACES],
        wishes=submission.wishes(None),
    )
    waiting.wait(job, timeout_s=_patience_s(context), gone=lambda: not context.is_active())
    return _answer(owner, job, wishes)


def known(owner: Owner, asked: pb.GetPhotoRequest) -> pb.ProcessPhotoResponse:
    """
    Raises:
        NotFound: the owner has no such job, or it is not of one photo.
        Failure: the photo has failed.
    """
    wishes = Wishes.of(asked.options)
    try:
        number = uuid.UUID(asked.job_id)
    except ValueError as exc:
        raise NotFound from exc
    job = Job.objects.filter(owner=owner, pk=number, kind=Job.Kind.PHOTOS).first()
    if job is None or job.items.count() != 1:
        raise NotFound
    return _answer(owner, job, wishes)


def _patience_s(context: grpc.ServicerContext) -> float:
    limit: float = settings.SYNC_WAIT_S
    left = context.time_remaining()
    return limit if left is None else max(0.0, min(limit, left - _SPARE_S))


def _answer(owner: Owner, job: Job, wishes: Wishes) -> pb.ProcessPhotoResponse:
    item = job.items.select_related("photo").get()
    answer = pb.ProcessPhotoResponse(photo_id=item.external_id, job_id=str(job.pk))
    if item.state in UNFINISHED:
        answer.status = pb.PROCESSING
        return answer
    if item.photo is None or item.state != State.SUCCEEDED:
        raise _failed(item)
    answer.status = pb.DONE
    answer.width, answer.height = item.photo.width, item.photo.height
    answer.faces.extend(_faces(owner, item.photo, wishes))
    if wishes.picture:
        _add_picture(answer, item.photo, wishes)
    return answer


def _failed(item: Item) -> Failure:
    if item.state == State.CANCELLED:
        return Failure(grpc.StatusCode.CANCELLED, "cancelled", "Somebody has cancelled the job.")
    code = _OF_HTTP.get(status_of(item.error_code), grpc.StatusCode.INVALID_ARGUMENT)
    return Failure(code, item.error_code, item.error_detail)


def _faces(owner: Owner, photo: Photo, wishes: Wishes) -> list[pb.Face]:
    faces = list(photo.faces.with_people().order_by("pk"))
    if not faces:  # then perhaps no model has ever seen one
        return []
    space = active_space()
    scale = score_of(space, owner)
    same = scale.cosine(settings.FACE_PERSON_MATCH_THRESHOLD)
    probes = recognition.stored(faces, space)
    found = recognition.identify(owner, probes, space, scale, least=same, limit=wishes.matches)
    least = same if wishes.least is None else wishes.least
    return [
        _face(face, [each for each in who.candidates if each.cosine >= least])
        for face, who in zip(faces, found, strict=True)
    ]


def _face(face: Face, candidates: list[Candidate]) -> pb.Face:
    return pb.Face(
        face_id=str(face.pk),
        box=pb.Box(left=face.x, top=face.y, right=face.x + face.width, bottom=face.y + face.height),
        confidence=face.confidence,
        quality=face.quality,
        cluster_id=face.cluster.public_id if face.cluster else "",
        person=_person(face.person) if face.person else None,
        matches=[
            pb.Match(person=_person(each.person), similarity=each.cosine, score=each.score)
            for each in candidates
        ],
    )


def _person(person: Person) -> pb.Person:
    return pb.Person(person_id=str(person.pk), name=person.name, contact_id=person.contact_id or "")


def _add_picture(answer: pb.ProcessPhotoResponse, photo: Photo, wishes: Wishes) -> None:
    picture = published(photo, names=wishes.names)
    answer.annotated_image_url = urljoin(settings.PUBLIC_URL, picture.url)
    answer.annotated_image_expires_at.FromDatetime(picture.expires_at)


def _wrong(sentence: str) -> Failure:
    return Failure(grpc.StatusCode.INVALID_ARGUMENT, "invalid", sentence)
