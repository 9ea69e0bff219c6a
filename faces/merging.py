"""Making one cluster of several that show the same person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from faces import grouping
from faces.errors import ClusterMissing, PeopleDiffer, SpacesDiffer
from faces.models import Cluster, Membership
from photos.models import Owner


@dataclass(frozen=True)
class Part:
    """A cluster that has gone into another one, as it was: enough to bring it back."""

    cluster: str  # public id
    person: int | None
    faces: list[int]


@dataclass(frozen=True)
class Merged:
    """What a merge changed. Clusters by their public ids, people and faces by primary keys."""

    into: str
    person: int | None  # whom it shows
    person_before: int | None
    moved: list[Part]
    gone: list[str]  # those that were not there any more


def merge(owner: Owner, into: str, clusters: Collection[str]) -> Merged:
    """Move all faces of `clusters` to the cluster `into`, in the caller's transaction.

    Each face keeps how it came into a cluster, and how sure that is. The name of one of the
    clusters is the name of them all. Emptied clusters go. Twice changes nothing: what has gone
    meanwhile has nothing to be moved.

    Raises:
        GroupingBusy: the owner's faces are being grouped, or merged, now.
        ClusterMissing: there is no cluster `into`.
        SpacesDiffer: different models have made them.
        PeopleDiffer: they have different names.
    """
    grouping.hold_still(owner)
    wanted = [each for each in dict.fromkeys(clusters) if each != into]
    there = _lock(owner, [into, *wanted])
    target = there.pop(into, None)
    if target is None:
        raise ClusterMissing(f"There is no cluster {into} any more.")
    before, target.person_id = target.person_id, _person([target, *there.values()])
    target.save(update_fields=["person"])
    moved = _move(list(there.values()), target)
    gone = [each for each in wanted if each not in there]
    return Merged(into, target.person_id, before, moved, gone)


def _lock(owner: Owner, clusters: Iterable[str]) -> dict[str, Cluster]:
    """Those that are there. Always in the same order, so that two never wait for each other."""
    rows = Cluster.objects.select_for_update().filter(owner=owner, public_id__in=clusters)
    return {each.public_id: each for each in rows.order_by("pk")}


def _person(clusters: Collection[Cluster]) -> int | None:
    if len({each.space_id for each in clusters}) > 1:
        raise SpacesDiffer("These clusters were made by different models.")
    people = {each.person_id for each in clusters} - {None}
    if len(people) > 1:
        raise PeopleDiffer("These clusters are named as different people.")
    return next(iter(people), None)


def _move(clusters: Collection[Cluster], target: Cluster) -> list[Part]:
    members = Membership.objects.filter(cluster__in=clusters)
    faces: dict[int, list[int]] = {each.pk: [] for each in clusters}
    for cluster, face in members.order_by("face_id").values_list("cluster_id", "face_id"):
        faces[cluster].append(face)
    members.update(cluster=target)
    Cluster.objects.filter(pk__in=faces).delete()
    return [Part(each.public_id, each.person_id, faces[each.pk]) for each in clusters]
