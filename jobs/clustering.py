"""Clustering as work that is asked for: what a request may say, and doing it."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings

import photos.services
from faces import grouping, matching, reclustering
from faces.calibration import score_of
from faces.clustering import Method
from faces.grouping import POOL, Grouped, Wanted
from faces.matching import Least
from faces.reclustering import Reclustered
from jobs.steps import Last, Outcome, Progress, Steps, user_of
from photos.models import Owner, Space

_NOTHING = Reclustered(0, 0, 0, 0, 0, 0, [])


def current_space() -> Space | None:
    """Of the faces: that in which they are compared now."""
    return photos.services.current_space("face_embedder")


def wanted_of(owner: Owner, space: Space, arguments: Mapping[str, Any]) -> Wanted:
    """What a request asks for; the rest is as the settings have it.

    `person_threshold` (a score, 0 to 1), `unknown_method`, `min_cluster_size`, `max_faces`.
    """
    threshold = arguments.get("person_threshold")
    least = matching.least(owner, space)
    if threshold is not None:
        least = Least(score_of(space, owner).cosine(threshold), least.cluster)
    method = arguments.get("unknown_method") or settings.FACE_UNKNOWN_CLUSTERING_METHOD
    size = arguments.get("min_cluster_size") or settings.FACE_UNKNOWN_MIN_CLUSTER_SIZE
    return Wanted(least, Method(method), size, arguments.get("max_faces") or POOL)


def cluster(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """Match the faces of no cluster with people and clusters, and group the rest."""
    yield Progress(0, 1)
    return _grouped(owner, arguments, new_clusters=True)


def assign(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """Only match the faces of no cluster."""
    yield Progress(0, 1)
    return _grouped(owner, arguments, new_clusters=False)


def _grouped(owner: Owner, arguments: Mapping[str, Any], *, new_clusters: bool) -> Last:
    space, grouped = current_space(), Grouped(0, 0, 0)
    if space:
        wanted = wanted_of(owner, space, arguments)
        grouped = grouping.group(
            owner,
            space,
            replace(wanted, new_clusters=new_clusters),
            dry_run=arguments.get("dry_run", False),
        )
    return lambda: asdict(grouped)


def recluster(owner: Owner, arguments: Mapping[str, Any], _before: Outcome) -> Steps:
    """Cluster all faces anew; `dry_run` tells what would move, and changes nothing."""
    yield Progress(0, 1)
    space, done = current_space(), _NOTHING
    if space:
        done = reclustering.recluster(
            owner,
            space,
            wanted_of(owner, space, arguments),
            dry_run=arguments.get("dry_run", False),
            by=user_of(arguments),
        )
    return lambda: asdict(done)


def group(owner: Owner, space: Space) -> Grouped:
    """As schedules do it, with the faces that came in since.

    Raises:
        GroupingBusy: somebody else is at it.
    """
    return grouping.group(owner, space, wanted_of(owner, space, {}))
