"""The catalogue's services: who owns what, and keeping a photo."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.utils import timezone

from inference.identity import ModelIdentity
from photos.dates import Dated, by_exif, by_names, dated
from photos.exif import UPRIGHT, PhotoExif
from photos.heads import HEADS
from photos.hnsw import create_index
from photos.images import MEDIA_TYPES, Decoded, thumbnail
from photos.models import Analysis, Owner, Photo, Place, Reference, Role, Space
from photos.models.owners import acted_for
from photos.places import following, place_at

THUMBNAIL_SIDE = 512  # pixels of the longer side
OF_USERS = "user:"  # subjects of owners that are made for Django users begin so


@dataclass(frozen=True)
class Content:
    """The bytes of a photo, and the name that follows from them."""

    data: bytes
    sha256: str

    @classmethod
    def of(cls, data: bytes) -> "Content":
        return cls(data, hashlib.sha256(data).hexdigest())


@dataclass(frozen=True)
class Picture:
    """What is kept of a photo beside its bytes. Sides are pixels of the upright photo."""

    format: str  # a key of MEDIA_TYPES
    width: int
    height: int
    exif: PhotoExif
    thumbnail: bytes  # JPEG
    portraits: tuple[bytes, ...] = ()  # JPEG, of each of the regions in `exif`, or of none

    @classmethod
    def of(cls, decoded: Decoded) -> Self:
        small = thumbnail(decoded.pixels, THUMBNAIL_SIDE)
        return cls(decoded.format, decoded.width, decoded.height, decoded.exif, small)


@dataclass(frozen=True)
class Kept:
    """Keys of a photo's files in the default storage; and the place that its position is at."""

    original: str
    thumbnail: str
    place: Place | None = None


def owner_of(user: User | AnonymousUser) -> Owner:
    """The owner that `user` acts for, made at first need.

    Raises:
        PermissionDenied: the user had one, and it was taken away.
    """
    if known := acted_for(user):
        return known
    owner = Owner.objects.of(user).first()
    if owner is None:
        owner, _ = Owner.objects.get_or_create(
            subject=f"{OF_USERS}{user.pk}", defaults={"user_id": user.pk}
        )
    if owner.user_id != user.pk:
        raise PermissionDenied("You act for no owner any more: ask an administrator to link you.")
    return owner


def owner_called(subject: str) -> Owner:
    """The owner that callers know as `subject`, made at first need.

    Raises:
        PermissionDenied: there is none, and it would be mistaken for one of a Django user.
    """
    if owner := Owner.objects.filter(subject=subject).first():
        return owner
    if subject.startswith(OF_USERS):
        raise PermissionDenied(f"{OF_USERS}… are made by the service alone.")
    return Owner.objects.get_or_create(subject=subject)[0]


def space_of(identity: ModelIdentity, table: type[Model]) -> Space:
    """The space of a model's embeddings, which `table` keeps. A new one gets its index there."""
    if known := Space.objects.filter(name=identity.space).first():
        return known
    with transaction.atomic():
        space, new = _note(identity)
        if new:
            create_index(table, space)
    return space


def bare_space_of(identity: ModelIdentity) -> Space:
    """The same, but a new one has no index yet: whoever has much to put in makes it afterwards."""
    return _note(identity)[0]


def _note(identity: ModelIdentity) -> tuple[Space, bool]:
    """The space's row, and whether it is new."""
    known = "same_person_cosine" in identity.parameters
    return Space.objects.get_or_create(
        name=identity.space,
        defaults={
            "role": identity.role,
            "weights_sha256": identity.weights_sha256,
            "version": identity.version,
            "dimension": identity.dimension,
            "same_person_cosine": identity.same_person_cosine if known else None,
        },
    )


def folder_of(owner: Owner, content: Content) -> str:
    """Where the files of a photo lie. The key says nothing of the caller's own names."""
    return folder_of_sha256(owner, content.sha256)


def folder_of_sha256(owner: Owner, sha256: str) -> str:
    return f"{owner.pk}/{sha256[:2]}/{sha256}"


def keep(owner: Owner, content: Content, picture: Picture) -> Kept:
    """Write the original and the thumbnail. Before the rows, so that no row lacks its files.

    Keys follow from the content: doing it twice writes the same files again. In no transaction:
    the row of a new place is everybody's, and nobody is to wait for it.
    """
    folder = folder_of(owner, content)
    return Kept(
        original=write(f"{folder}/original.{picture.format.lower()}", content.data),
        thumbnail=write(f"{folder}/thumbnail.jpg", picture.thumbnail),
        place=_place_of(picture.exif),
    )


def _place_of(exif: PhotoExif) -> Place | None:
    if exif.latitude is None or exif.longitude is None:
        return None
    return place_at(exif.latitude, exif.longitude)


def write(key: str, data: bytes) -> str:
    return default_storage.save(key, ContentFile(data))


def store(
    owner: Owner, content: Content, picture: Picture, kept: Kept, names: Iterable[str] = ()
) -> Photo:
    """The row of a photo, locked until the transaction ends. Known content keeps its row.

    `names`: what its file is called, the surest name first; one of them may say when it was taken.
    Known content keeps its date too, unless that was only when it came here.
    """
    date = dated(picture.exif, names, timezone.now())
    photo, new = Photo.objects.select_for_update(no_key=True).get_or_create(
        owner=owner,
        sha256=content.sha256,
        defaults={
            "original": kept.original,
            "thumbnail": kept.thumbnail,
            "media_type": MEDIA_TYPES[picture.format],
            "size_bytes": len(content.data),
            "width": picture.width,
            "height": picture.height,
            "orientation": picture.exif.orientation,
            "camera": picture.exif.camera,
            "latitude": picture.exif.latitude,
            "longitude": picture.exif.longitude,
            "place": kept.place,
            **date.columns,
        },
    )
    if new:
        _follow(photo)
    else:
        _improve(photo, date)
        _complete(photo, picture)
    return photo


def date_by_names(photo: Photo, names: Iterable[str]) -> None:
    """Date a photo that is known only to have come here, if one of its file's `names` says when."""
    if photo.dated_by == Photo.DatedBy.UPLOAD and (date := by_names(names, timezone.now())):
        _improve(photo, date)


def date_beside(photo: Photo, said: PhotoExif) -> bool:
    """Date a photo whose own file does not say when it was taken, if its sidecar has `said` it.

    Returns whether that is new.
    """
    date = by_exif(said, timezone.now())
    guessed = (Photo.DatedBy.UPLOAD, Photo.DatedBy.FILE_NAME)
    return date is not None and _improve(photo, date, guessed=guessed)


def _improve(
    photo: Photo, date: Dated, *, guessed: Collection[str] = (Photo.DatedBy.UPLOAD,)
) -> bool:
    """Let that be the photo's date where what it has was only `guessed`: whether it is now."""
    if date.dated_by == Photo.DatedBy.UPLOAD:
        return False
    undated = Photo.objects.filter(pk=photo.pk, dated_by__in=guessed)
    if not undated.update(**date.columns):
        return False
    photo.refresh_from_db(fields=list(date.columns))
    _follow(photo)
    return True


def _follow(photo: Photo) -> None:
    """Have those find their places to whom the photo tells theirs, and the photo its own."""
    if photo.taken_at is not None:
        following.note(photo)


def _complete(photo: Photo, picture: Picture) -> None:
    """Note the orientation and the camera where the row is older than their columns."""
    said = {
        "orientation": (UPRIGHT, picture.exif.orientation),
        "camera": ("", picture.exif.camera),
    }
    new = {
        name: value
        for name, (unknown, value) in said.items()
        if getattr(photo, name) == unknown != value
    }
    for name, value in new.items():
        setattr(photo, name, value)
    if new:
        photo.save(update_fields=list(new))


def refer(photo: Photo, external_id: str) -> None:
    """Let the caller's `external_id` name `photo` from now on."""
    if external_id:
        Reference.objects.update_or_create(
            owner_id=photo.owner_id, external_id=external_id, defaults={"photo": photo}
        )


def known(owner: Owner, content: Content) -> Photo | None:
    """The owner's photo of this content, if it is in the catalogue, with what was done on it."""
    photos = Photo.objects.of(owner).prefetch_related("analyses")
    return photos.filter(sha256=content.sha256).first()


def note_analyses(photo: Photo, recipes: Mapping[str, str]) -> set[str]:
    """Note that operations were done on `photo` of store(), by which recipes.

    Returns those of which nobody noted that before: somebody may have been faster.
    """
    noted = set(photo.analyses.values_list("operation", "recipe"))
    new = [each for each in recipes.items() if each not in noted]
    Analysis.objects.bulk_create(
        Analysis(photo=photo, operation=operation, recipe=recipe) for operation, recipe in new
    )
    return {operation for operation, _ in new}


def current_space(role: str) -> Space | None:
    """The space that photos are being looked at in: that of the role's model, or the newest.

    Where a head is behind that model, it is the head's, as soon as it has vectors.
    """
    return spaces_of(role).first()


def spaces_of(role: str) -> QuerySet[Space]:
    """Those that photos are or were looked at in, that of current_space() first."""
    models = Role.objects.filter(active__space=OuterRef("name"))
    takes = KeyTextTransform("takes", KeyTransform("parameters", "active__manifest"))
    given = Role.objects.filter(name=role).values("active__space")
    heads = models.annotate(takes=takes).filter(name=HEADS.get(role), takes=Subquery(given))
    spaces = Space.objects.annotate(of_head=Exists(heads)).filter(Q(role=role) | Q(of_head=True))
    active = Exists(models.filter(name=role))
    return spaces.order_by("-of_head", active.desc(), "-pk")
