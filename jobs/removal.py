"""Deleting photos for good: rows in one transaction, then files, and a receipt of both."""

from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext

from faces.models import Centroid, Cluster, Edit, Face
from faces.people.editing import hold
from jobs import annotation, ledger, orphans, result_files
from jobs.models import Event, Item, Removal, State
from photos.clock import ago
from photos.errors import StoreUnavailable
from photos.models import Owner, Photo
from search.errors import PhotoMissing

AT_ONCE = 100  # photos of one transaction: an edit of people waits for it
_CLOCKS = timedelta(minutes=1)  # by which those of machines and of the storage may differ
_YOUNG = timedelta(days=1)  # what is younger may be in use, whatever the rows say
_AT_A_TIME = 500  # edits in memory
_RECEIPT = ("counts", "waiting", "finished_at")


def remove(
    owner: Owner,
    keys: Collection[int],
    *,
    why: Removal.Why,
    by: User | None = None,
    receipt: UUID | None = None,
) -> Removal:
    """Delete photos of `owner`, AT_ONCE at most, with all that was found in them. That stays done.

    Rows go in one transaction, files after it: what a kill leaves of these is left to the clean-up.
    `receipt`: the key of a removal that is done once more.

    Raises:
        PhotoMissing: none of them is the owner's, or is there any more.
    """
    with transaction.atomic():
        hold(owner)
        mine = Photo.objects.of(owner).filter(pk__in=keys)
        photos = list(mine.select_for_update().order_by("pk")[:AT_ONCE])
        if not photos:
            raise PhotoMissing(gettext("There is no such photo."))
        values = {"key": receipt} if receipt else {}
        removal = Removal(owner=owner, actor=by, why=why, **values)
        removal.photos = [[photo.pk, photo.sha256] for photo in photos]
        removal.waiting = {"folders": _folders(photos), "results": _results(photos)}
        removal.counts = {"rows": _remove_rows(owner, photos), "files": 0}
        removal.save()
    finish(removal)
    return removal


def note_again(owner: Owner, entry: ledger.Entry) -> None:
    """Have the receipt of a removal again that the database has forgotten."""
    Removal.objects.get_or_create(
        key=entry.key,
        defaults={
            "owner": owner,
            "why": Removal.Why.RESTORED,
            "photos": [[0, sha256] for sha256 in entry.photos],
            "created_at": entry.moment,
            "finished_at": timezone.now(),
        },
    )


def _folders(photos: Collection[Photo]) -> list[str]:
    """Where their files lie: those of a photo are in one folder."""
    return sorted({str(PurePosixPath(str(photo.original)).parent) for photo in photos})


def _results(photos: Collection[Photo]) -> list[str]:
    """Folders of what jobs have written of them."""
    items = Item.objects.filter(photo__in=photos, job__result_files=True).order_by("pk")
    return [result_files.folder_of(item) for item in items]


def _remove_rows(owner: Owner, photos: Collection[Photo]) -> dict[str, int]:
    """Returns how many there were of each kind."""
    keys = [photo.pk for photo in photos]
    edits = _forget_faces(owner, keys)
    theirs = Cluster.objects.filter(owner=owner, parts__memberships__photo__in=keys).distinct()
    clusters = list(theirs.values_list("pk", flat=True))
    events = Event.objects.filter(owner=owner, data__photo_id__in=keys).delete()[1]
    gone = Counter(Photo.objects.filter(pk__in=keys).delete()[1])
    Centroid.objects.filter(cluster__in=clusters).delete()
    gone.update(Cluster.objects.filter(pk__in=clusters).empty().delete()[1])
    named = {
        name.partition(".")[2].lower(): count for name, count in (gone + Counter(events)).items()
    }
    return named | {"edits": edits}


def _forget_faces(owner: Owner, photos: Collection[int]) -> int:
    """Have edits say nothing more of faces in `photos`. Returns how many edits that are."""
    there = Face.objects.filter(photo__in=photos).values_list("pk", flat=True)
    edits = Edit.objects.of(owner).filter(erased=False)
    touching = edits.filter(Q(kind=Edit.Kind.FACE) | Q(faces__overlap=list(there)))
    rows = touching.only("steps").order_by("pk").iterator(chunk_size=_AT_A_TIME)
    telling = Edit.objects.filter(pk__in=[edit.pk for edit in rows if _tells(edit, photos)])
    return telling.update(steps=[], asked={}, reason="", fingerprint="", erased=True)


def _tells(edit: Edit, photos: Collection[int]) -> bool:
    """Whether it has a face of one of `photos`, with its place and its picture."""
    steps = [step for step in edit.steps if step.get("row") == "face"]
    rows = [row for step in steps for row in (step["before"], step["after"]) if row]
    return any(row.get("photo_id") in photos for row in rows)


def finish(removal: Removal) -> None:
    """Remove the files. Twice changes nothing.

    What a worker may still write, or somebody sends again, is not taken for left: it is looked at
    again by the clean-up, until a day has gone by.
    """
    waiting: dict[str, Any] = {}
    try:
        ledger.note(ledger.Entry.of(removal))
        annotation.forget(_shadows(removal))
    except StoreUnavailable:
        waiting = removal.waiting
    if not waiting and _may_write_still(removal):
        waiting = removal.waiting
    if not waiting:
        waiting = _remove_files(removal)
    removal.waiting = waiting
    if not waiting:
        removal.finished_at = timezone.now()
    removal.save(update_fields=_RECEIPT)


def _shadows(removal: Removal) -> list[Photo]:
    """The photos that are gone, as far as their pictures are known by it."""
    return [Photo(pk=pk, owner_id=removal.owner_id) for pk, _ in removal.photos]


def _may_write_still(removal: Removal) -> bool:
    """Whether a worker is at something that it began before: it may write the very files."""
    working = Item.objects.filter(owner=removal.owner_id, state=State.PROCESSING)
    return working.filter(started_at__lt=removal.created_at).exists()


def _remove_files(removal: Removal) -> dict[str, Any]:
    """Returns what is still to go."""
    for folder in removal.waiting.get("results", ()):
        result_files.forget_folder(folder)
    before = max(removal.created_at - _CLOCKS, ago(_YOUNG))
    folders = [tuple(folder.split("/")) for folder in removal.waiting.get("folders", ())]
    removal.counts["files"] += orphans.remove(folders, before)
    left = ["/".join(folder) for folder in folders if orphans.has_unknown(folder)]
    return {"folders": left} if left else {}
