"""Photos that look like a photo, by their vectors."""

from dataclasses import dataclass

import numpy as np

from photos.models import Photo
from photos.vectors import load
from search.copies import best_of
from search.cursors import Cursor, digest
from search.errors import VectorMissing
from search.models import ImageVector, PhotoLook
from search.nearest import MAX_LIMIT, nearest
from search.relevance import likeness, usual_photo
from search.spaces import image_space


@dataclass(frozen=True)
class Alike:
    photo: int
    cosine: float  # -1 to 1
    score: float  # 0 to 1: see relevance.likeness()
    duplicate: bool  # of the photo that was asked about


@dataclass(frozen=True)
class Page:
    hits: list[Alike]
    next: str  # the cursor of the page after it; empty: there is none


def similar(photo: Photo, *, limit: int, cursor: str = "", duplicates: bool = True) -> Page:
    """Photos of the same owner that look like `photo`, most alike first, without itself.

    Those within its nearest `MAX_LIMIT`. `duplicates`: with its near-duplicates among them.

    Raises:
        VectorMissing: no model has looked at the photo.
        CursorInvalid: the cursor is not of this question.
    """
    asked = digest("similar", photo.pk, duplicates)
    last = Cursor.read(cursor, asked=asked) if cursor else None
    left = [hit for hit in _ranked(photo) if duplicates or not hit.duplicate]
    if last:
        left = [
            hit for hit in left if (-hit.cosine, hit.photo) > (-float(last.position), last.photo)
        ]
    hits, more = left[:limit], len(left) > limit
    end = Cursor(asked, 0, hits[-1].cosine, hits[-1].photo).written() if more else ""
    return Page(hits, end)


def _ranked(photo: Photo) -> list[Alike]:
    owner, space = photo.owner, image_space()
    found, vectors = load(ImageVector.objects.filter(photo=photo, space=space), of="photo_id")
    if not found or space is None:
        raise VectorMissing(
            "No model has looked at the whole of this photo yet: ask for its embedding first."
        )
    near = nearest(owner, space, vectors[0], limit=MAX_LIMIT)
    cosines = np.array([hit.cosine for hit in near])
    scores = likeness(cosines, vectors[0], usual_photo(owner, space))
    group = set(_group(photo))
    hits = [
        Alike(hit.photo, round(hit.cosine, 6), float(score), hit.photo in group)
        for hit, score in zip(near, scores, strict=True)
        if hit.photo != photo.pk
    ]
    return sorted(hits, key=lambda hit: (-hit.cosine, hit.photo))


def _group(photo: Photo) -> list[int]:
    looks = PhotoLook.objects.of(photo.owner).filter(leader=best_of(photo))
    return list(looks.values_list("photo", flat=True))
