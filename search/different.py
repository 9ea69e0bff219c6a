"""What somebody says of photos that look alike: that they are no duplicates. Groups obey it."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F, Q, QuerySet

from photos.models import Owner, Photo
from search.duplicates import group, hold
from search.errors import PhotoMissing
from search.models import DifferentPhotos, PhotoLook


def say(photo: Photo, others: Collection[int] = ()) -> int:
    """Say that `photo` is no duplicate of `others`; if these are none, of any in its group.

    Groups are right at once, as far as these photos go, and compared with all others later.
    Returns of how many nobody had said so.

    Raises:
        PhotoMissing: the owner has not all of `others`; nothing is said.
    """
    with transaction.atomic():
        hold(photo.owner)
        near = _group_of(photo.owner, [photo.pk])
        said = _theirs(photo, others) if others else near - {photo.pk}
        before = _of(photo, said).count()
        DifferentPhotos.objects.bulk_create(
            (_pair(photo, other) for other in sorted(said)), ignore_conflicts=True
        )
        _regroup(photo.owner, near)
        return len(said) - before


def take_back(photo: Photo, others: Collection[int] = ()) -> int:
    """Take back what say() has said of `photo` and `others`; if these are none, all of it.

    Returns how many others these were.

    Raises:
        PhotoMissing: the owner has not all of `others`; nothing is taken back.
    """
    with transaction.atomic():
        hold(photo.owner)
        pairs = _of(photo, _theirs(photo, others)) if others else _of(photo)
        touched = {key for pair in pairs.values_list("first", "second") for key in pair}
        count, _ = pairs.delete()
        _regroup(photo.owner, _group_of(photo.owner, touched))
        return count


def _of(photo: Photo, others: Collection[int] | None = None) -> QuerySet[DifferentPhotos]:
    first, second = Q(first=photo), Q(second=photo)
    if others is not None:
        first, second = first & Q(second__in=others), second & Q(first__in=others)
    return DifferentPhotos.objects.of(photo.owner).filter(first | second)


def _theirs(photo: Photo, others: Collection[int]) -> set[int]:
    there = Photo.objects.of(photo.owner).filter(pk__in=others).values_list("pk", flat=True)
    if missing := set(others) - set(there):
        raise PhotoMissing(f"You have no photo {min(missing)}.")
    return set(there)


def _pair(photo: Photo, other: int) -> DifferentPhotos:
    first, second = sorted([photo.pk, other])
    return DifferentPhotos(owner=photo.owner, first_id=first, second_id=second)


def _group_of(owner: Owner, photos: Collection[int]) -> set[int]:
    """All photos of the groups that `photos` are in, and themselves."""
    looks = PhotoLook.objects.of(owner)
    leaders = looks.filter(photo__in=photos, leader__isnull=False).values("leader")
    near = looks.filter(leader__in=leaders).values_list("photo", flat=True)
    return {*photos, *near}


def _regroup(owner: Owner, photos: Collection[int]) -> None:
    """Make the groups of `photos` anew. Who is left alone waits to be compared with all others."""
    group(owner, photos)
    looks = PhotoLook.objects.of(owner).filter(photo__in=photos)
    led = PhotoLook.objects.of(owner).copies().values("leader")
    looks.filter(leader=F("photo")).exclude(photo__in=led).update(leader=None)
