"""Erasing somebody everywhere: rows in one transaction, then files, and a receipt of both."""

import secrets
from collections.abc import Collection
from contextlib import suppress
from pathlib import PurePosixPath

from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from faces.errors import ClusterMissing, PersonMissing
from faces.models import Centroid, Cluster, Edit, Erasure, Face, Membership, Person
from faces.people import erasing
from faces.people.editing import hold
from jobs import annotation, ledger, result_files, scrubbing, steering, training
from jobs.errors import JobFinished
from jobs.models import UNFINISHED, Item, Job, State
from jobs.recounting import recount
from photos.errors import StoreUnavailable
from photos.models import Owner, Photo

_ABOUT_PHOTOS = (
    Job.Kind.PHOTOS,
    Job.Kind.REINDEX,
    Job.Kind.THUMBNAILS,
    Job.Kind.LOOK,
    Job.Kind.READ_NAMES,
    Job.Kind.WORDS,
    Job.Kind.DUPLICATES,
)
_BATCH = 500  # items that are read at once
_WAITING = "waiting"  # in a receipt's counts: the keys of files, until they are gone


def erase(owner: Owner, pk: int, *, by: User | None = None) -> Erasure:
    """Delete a person, with their faces and all that says who they were. Returns the receipt.

    That can't be undone. Rows go in one transaction, files after it: what a kill leaves of these
    is left to the clean-up. What is being done with the owner's faces is cancelled, as it may
    know them still.

    Raises:
        PersonMissing: the owner has no such person, or no more.
    """
    with transaction.atomic():
        hold(owner)
        person = Person.objects.select_related("owner").filter(owner=owner, pk=pk).first()
        if person is None:
            raise PersonMissing(gettext("There is no person %(number)s.") % {"number": pk})
        erasure = _erase_rows(person, by)
    finish(erasure)
    return erasure


def erase_clusters(owner: Owner, keys: Collection[int], *, by: User | None = None) -> Erasure:
    """As erase(), of clusters that nobody has named, with all their faces.

    Raises:
        ClusterMissing: one of them is not there any more, or has been named.
    """
    with transaction.atomic():
        hold(owner)
        there = Cluster.objects.filter(owner=owner, pk__in=keys, person=None)
        if there.count() < len(set(keys)):
            raise ClusterMissing("One of these clusters has gone, or been named: choose again.")
        somebody = _somebody(owner)
        there.update(person=somebody)
        erasure = _erase_nobody(somebody, by)
    finish(erasure)
    return erasure


def erase_faces(owner: Owner, keys: Collection[int]) -> Erasure | None:
    """As erase(), of faces, whosever they are. None: they have gone already."""
    with transaction.atomic():
        hold(owner)
        faces = Face.objects.filter(photo__owner=owner, pk__in=keys).values_list("pk", flat=True)
        if not (there := list(faces)):
            return None
        members = Membership.objects.filter(face__in=there)
        named = members.exclude(part__cluster__person=None).exists()
        homes = list(members.values_list("part__cluster", flat=True).distinct())
        somebody = _somebody(owner)
        cluster = Cluster.objects.create(owner=owner, person=somebody)
        members.delete()
        how = Membership.How.MANUAL
        Membership.objects.add(
            Membership(face_id=key, part_id=cluster.pk, how=how) for key in there
        )
        erasure = _erase_nobody(somebody, None, trained=named)
        Centroid.objects.filter(cluster__in=homes).delete()
        Cluster.objects.filter(pk__in=homes).empty().delete()
    finish(erasure)
    return erasure


def note_again(owner: Owner, entry: ledger.Entry) -> None:
    """Have the receipt of an erasure again that the database has forgotten, with its places."""
    Erasure.objects.get_or_create(
        key=entry.key,
        defaults={
            "owner": owner,
            "person": entry.person or 0,
            "people": [list(each) for each in entry.people],
            "places": [list(place) for place in entry.places],
            "counts": {"rows": {}, "files": 0, "left": {"rows": 0, "files": 0}},
            "created_at": entry.moment,
            "finished_at": timezone.now(),
        },
    )


def _somebody(owner: Owner) -> Person:
    """Who is erased is somebody: nobody else sees this one, or ever hears the name."""
    return Person.objects.create(owner=owner, name=secrets.token_hex())


def _erase_nobody(somebody: Person, by: User | None, *, trained: bool = True) -> Erasure:
    erasure = _erase_rows(somebody, by, trained=trained)
    del erasure.counts["rows"]["person"]  # there was none
    erasure.people = []
    erasure.save(update_fields=["counts", "people"])
    return erasure


def _erase_rows(person: Person, by: User | None, *, trained: bool = True) -> Erasure:
    """`trained`: a training may have their faces, as it has those of people with a name."""
    owner, traces = person.owner, erasing.traces(person)
    _cancel_what_knows(owner, trainings=trained)
    changed = erasing.remove(traces) | scrubbing.scrub(traces)
    counts = {
        "rows": changed,
        "files": 0,
        "left": {"rows": erasing.left(traces) + scrubbing.left(traces)},
        _WAITING: traces.crops,
    }
    erasure = Erasure.objects.create(
        owner=owner,
        actor=by,
        person=traces.person,
        people=traces.made,
        counts=counts,
        places=traces.places,
    )
    Edit.objects.create(
        owner=owner, kind=Edit.Kind.ERASE, actor=by, asked={"erasure": erasure.pk}, erased=True
    )
    return erasure


def _cancel_what_knows(owner: Owner, *, trainings: bool) -> None:
    """Jobs that have begun to look at the owner's faces: what they find would name who is gone.

    A training has the faces of all owners.
    """
    begun = Item.objects.filter(state__in=UNFINISHED, started_at__isnull=False)
    theirs = begun.filter(owner=owner).exclude(job__kind__in=_ABOUT_PHOTOS)
    if not trainings:
        theirs = theirs.exclude(job__kind=Job.Kind.TRAIN)
    everybodys = begun.filter(job__kind=Job.Kind.TRAIN) if trainings else begun.none()
    for job in Job.objects.filter(items__in=theirs).union(Job.objects.filter(items__in=everybodys)):
        with suppress(JobFinished):  # it has ended just now
            steering.cancel(job)


def finish(erasure: Erasure) -> None:
    """Remove the files, and see that nothing is left. Twice changes nothing.

    Workers that began before may still write result files of what was there: until they are done,
    and while a store of pictures or the ledger is away, it stays unfinished, for the clean-up.
    """
    training.tidy()
    busy = _may_write_still(erasure)
    photos = Photo.objects.filter(
        owner=erasure.owner_id, sha256__in={place[0] for place in erasure.places}
    )
    recount(photos.values_list("pk", flat=True))
    counts = erasure.counts
    counts["files"] += _remove_files(erasure, photos)
    counts["left"]["files"] = _remove_files(erasure, photos)  # looked for once more
    try:
        counts["files"] += annotation.forget(photos)
        counts["left"].pop("annotated", None)
    except StoreUnavailable:
        counts["left"]["annotated"] = photos.count()
    try:
        ledger.note(ledger.Entry.of(erasure))
        counts["left"].pop("ledger", None)
    except StoreUnavailable:
        counts["left"]["ledger"] = 1
    if not busy and not any(counts["left"].values()):
        counts.pop(_WAITING, None)
        erasure.finished_at = timezone.now()
    erasure.save(update_fields=["counts", "finished_at"])


def _may_write_still(erasure: Erasure) -> bool:
    working = Item.objects.filter(
        owner=erasure.owner_id, state=State.PROCESSING, job__result_files=True
    )
    return working.filter(started_at__lt=erasure.created_at).exists()


def _remove_files(erasure: Erasure, photos: QuerySet[Photo]) -> int:
    """The pictures of faces, and what was made of them. Returns how many files there were."""
    crops = erasure.counts.get(_WAITING, [])
    sidecars = [key for photo in photos.iterator() for key in _sidecars(photo)]
    there = [key for key in (*crops, *sidecars) if default_storage.exists(key)]
    for key in there:
        default_storage.delete(key)
    items = Item.objects.filter(photo__in=photos, job__result_files=True)
    made = items.select_related("job", "photo").order_by("pk").iterator(chunk_size=_BATCH)
    return len(there) + sum(
        result_files.renew_faces(item, item.photo) for item in made if item.photo
    )


def _sidecars(photo: Photo) -> list[str]:
    """Files beside the original that say who is where. They can be written anew."""
    folder = str(PurePosixPath(str(photo.original)).parent)
    try:
        _, names = default_storage.listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in names if name.endswith(".xmp")]
