"""Mending what can be made anew of what is there. Doing it twice changes nothing."""

from collections import deque

from django.db import connection
from django.db.models import Exists, OuterRef, Subquery

from config.keeping import checks
from faces.models import Erasure, Face, FaceVector, Tally
from jobs import erasure, maintenance, orphans, reapplying, removal
from jobs.models import Job, Removal
from photos.clock import ago
from photos.hnsw import build_index
from photos.models import Owner, Photo
from search.models import ImageVector

_TALLIES = """
UPDATE faces_tally AS tally SET face_count = now.count, doubts = now.doubts
FROM (
    SELECT cluster.id, count(member.id) AS count,
        COALESCE(sum(faces_doubt_of(member.how, member.similarity)), 0) AS doubts
    FROM faces_cluster AS cluster
    LEFT JOIN faces_part AS part ON part.cluster_id = cluster.id
    LEFT JOIN faces_membership AS member ON member.part_id = part.id
    WHERE cluster.id = ANY (%s) GROUP BY cluster.id
) AS now
WHERE tally.cluster_id = now.id
"""
_AT_ONCE = 500  # rows of one statement


def make_pictures() -> None:
    """Thumbnails and pictures of faces, of the originals: of owners who have photos."""
    for owner in Owner.objects.filter(Exists(Photo.objects.filter(owner=OuterRef("pk")))):
        maintenance.at_once(owner, Job.Kind.THUMBNAILS, {})


def remove_orphans() -> None:
    deque(orphans.sweep(ago(checks.YOUNG)), maxlen=0)


def count_again() -> None:
    while wrong := list(Tally.objects.wrong().values_list("pk", flat=True)[:_AT_ONCE]):
        with connection.cursor() as cursor:
            cursor.execute(_TALLIES, [wrong])


def forget_centroids() -> None:
    """They are made again when they are needed."""
    checks.wrong_centroids().delete()


def note_photos() -> None:
    theirs = Face.objects.filter(pk=OuterRef("face")).values("photo")
    checks.wrong_memberships().update(photo=Subquery(theirs))


def forget_dead_vectors() -> None:
    """Only of what a model that is here has looked at too. What services brought is theirs."""
    for table, of in ((ImageVector, "photo_id"), (FaceVector, "face_id")):
        rows = checks.living_too(table, of)
        while keys := list(rows.values_list("pk", flat=True)[:_AT_ONCE]):
            table._default_manager.filter(pk__in=keys).delete()  # noqa: SLF001  # documented


def build_indexes() -> None:
    for table, space in list(checks.missing_indexes()):
        build_index(table, space)


def finish_erasures() -> None:
    for receipt in Erasure.objects.filter(finished_at=None).order_by("pk"):
        erasure.finish(receipt)
    for other in Removal.objects.filter(finished_at=None).select_related("owner").order_by("pk"):
        removal.finish(other)
    deque(reapplying.reapply(), maxlen=0)
