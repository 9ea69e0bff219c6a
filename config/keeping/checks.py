"""What may be wrong between rows and rows, rows and files, files and what came in."""

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Exists, F, Model, OuterRef, Q, QuerySet

from faces.models import Centroid, Erasure, Face, FaceVector, Membership, Tally
from jobs import ledger
from jobs import orphans as sweeping
from jobs.models import Removal
from photos.clock import ago
from photos.errors import StoreUnavailable
from photos.hnsw import name_of
from photos.models import Photo, ServedModel, Space
from search.models import ImageVector, PointVector, SearchedSpace

_AT_ONCE = 500  # rows in memory
_CHUNK = 2**20  # bytes
YOUNG = timedelta(days=1)  # files that may be in use, whatever the rows say
VECTORS: tuple[tuple[type[Model], str], ...] = (  # each with what its vectors are of
    (ImageVector, "photo_id"),
    (FaceVector, "face_id"),
    (PointVector, "point_id"),
)
# Of each mean the vectors that it should be of: as faces/centroids.py makes it.
_CENTROIDS = """
SELECT mean.id, mean.cluster_id FROM faces_centroid AS mean
LEFT JOIN LATERAL (
    SELECT count(*) AS size FROM faces_part AS part
    JOIN faces_membership AS member ON member.part_id = part.id AND member.how <> 'matched'
    JOIN faces_facevector AS stored
        ON stored.face_id = member.face_id AND stored.space_id = mean.space_id
    WHERE part.cluster_id = mean.cluster_id
) AS now ON TRUE
WHERE now.size <> mean.size ORDER BY mean.id
"""


def originals_missing() -> Iterator[str]:
    for photo in _photos():
        if not default_storage.exists(str(photo.original)):
            yield _said(photo)


def originals_changed() -> Iterator[str]:
    for photo in _photos():
        if default_storage.exists(str(photo.original)) and _digest(photo) != photo.sha256:
            yield _said(photo)


def pictures_missing() -> Iterator[str]:
    for photo in _photos():
        if not default_storage.exists(str(photo.thumbnail)):
            yield _said(photo)
    faces = Face.objects.order_by("pk").only("crop")
    for face in faces.iterator(chunk_size=_AT_ONCE):
        if not default_storage.exists(str(face.crop)):
            yield f"face {face.pk}"


def orphans() -> Iterator[str]:
    before = ago(YOUNG)
    for position, count in sweeping.sweep(before, dry_run=True):
        yield from [f"up to {position}"] * count


def tallies() -> Iterator[str]:
    for tally in Tally.objects.wrong().order_by("pk").iterator(chunk_size=_AT_ONCE):
        yield f"cluster {tally.pk}"


def centroids() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(_CENTROIDS)
        yield from (f"cluster {cluster}" for _, cluster in cursor)


def wrong_centroids() -> QuerySet[Centroid]:
    with connection.cursor() as cursor:
        cursor.execute(_CENTROIDS)
        return Centroid.objects.filter(pk__in=[pk for pk, _ in cursor.fetchall()])


def memberships() -> Iterator[str]:
    wrong = wrong_memberships().order_by("pk").values_list("face_id", flat=True)
    yield from (f"face {face}" for face in wrong.iterator(chunk_size=_AT_ONCE))


def wrong_memberships() -> QuerySet[Membership]:
    return Membership.objects.exclude(photo=F("face__photo"))


def dead_spaces() -> QuerySet[Space]:
    """Those of no model that is known here, and in which nothing is searched."""
    served = ServedModel.objects.filter(space=OuterRef("name"))
    searched = SearchedSpace.objects.filter(space=OuterRef("pk"))
    return Space.objects.filter(~Exists(served), ~Exists(searched))


def dead_vectors() -> Iterator[str]:
    if not ServedModel.objects.exists():
        return  # nothing is known of models: that says nothing of vectors
    dead = dead_spaces()
    for table, of in VECTORS:
        rows: Any = table._default_manager.filter(space__in=dead).order_by("pk")  # noqa: SLF001  # documented
        for key, space in rows.values_list(of, "space__name").iterator(chunk_size=_AT_ONCE):
            yield f"{of.removesuffix('_id')} {key} in {space}"


def living_too(table: type[Model], of: str) -> QuerySet[Any]:
    """Vectors in dead spaces of what has one in a living space as well."""
    rows = table._default_manager  # noqa: SLF001  # documented
    dead = dead_spaces()
    others = rows.filter(**{of: OuterRef(of)}, space__role=OuterRef("space__role"))
    return rows.filter(Exists(others.exclude(space__in=dead)), space__in=dead)


def dimensions() -> Iterator[str]:
    for table, of in VECTORS:
        name = table._meta.db_table  # noqa: SLF001  # Django's documented API
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT stored.{of} FROM {name} AS stored "  # noqa: S608  # our own tables
                "JOIN photos_space AS space ON space.id = stored.space_id "
                "WHERE vector_dims(stored.vector) <> space.dimension ORDER BY 1"
            )
            yield from (f"{of.removesuffix('_id')} {key}" for (key,) in cursor)


def indexes() -> Iterator[str]:
    yield from (name_of(table, space) for table, space in missing_indexes())


def missing_indexes() -> Iterator[tuple[type[Model], Space]]:
    """Tables and living spaces with vectors there, but no index over them."""
    living = Space.objects.exclude(pk__in=dead_spaces()).order_by("pk")
    for table, _ in VECTORS:
        having = table._default_manager.filter(space=OuterRef("pk"))  # noqa: SLF001  # documented
        for space in living.filter(Exists(having)):
            with connection.cursor() as cursor:
                cursor.execute("SELECT to_regclass(%s) IS NULL", [name_of(table, space)])
                (is_missing,) = cursor.fetchone() or (True,)
            if is_missing:
                yield table, space


def erasures() -> Iterator[str]:
    for table in (Erasure, Removal):
        open_ones = table._default_manager.filter(finished_at=None).order_by("pk")  # noqa: SLF001  # documented
        for pk in open_ones.values_list("pk", flat=True).iterator(chunk_size=_AT_ONCE):
            yield f"{table.__name__.lower()} {pk}"
    try:
        yield from (f"ledger {entry.key}" for entry in ledger.unknown() if ledger.owner_of(entry))
    except StoreUnavailable as exc:
        yield str(exc)


def _photos() -> Iterator[Photo]:
    rows = Photo.objects.only("original", "thumbnail", "sha256").order_by("pk")
    return rows.filter(~Q(original="")).iterator(chunk_size=_AT_ONCE)


def _said(photo: Photo) -> str:
    return f"photo {photo.pk}: {PurePosixPath(str(photo.original)).name}"


def _digest(photo: Photo) -> str:
    digest = hashlib.sha256()
    with default_storage.open(str(photo.original)) as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
