"""Pages of the desk over HTTP: `python -m bench.desk_requests URL`, of a service with our database.

Names the largest clusters first. Prints milliseconds of each page, as JSON.
"""

import json
import sys
import time
from collections.abc import Sequence

import httpx2
import numpy as np
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Count
from django.test import Client

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.review_statements import show
from faces.models import Centroid, Cluster, Edit, Face, Person
from faces.people import naming
from photos.models import Space
from photos.vectors import units

NAMES = ("Anna", "Anna", "Ben", "Budi", "Citra", "Dewi")  # the first has the two largest
TIMES = 20


def measure(url: str) -> dict[str, object]:
    """Milliseconds by page, and how many faces the largest person has."""
    largest = Cluster.objects.annotate(count=Count("parts__memberships")).order_by("-count", "pk")
    named = list(largest[: len(NAMES)])
    for cluster, name in zip(named, NAMES, strict=True):
        naming.name_cluster(cluster, name)
    _mean(named)
    show()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it
    anna = Person.objects.get(name="Anna")
    with httpx2.Client(base_url=url, cookies=_session(), timeout=60) as client:
        took = {name: _took(client, path) for name, path in _pages(anna).items()}
    return {
        "ms": took,
        "faces": Face.objects.filter(membership__part__cluster__person=anna).count(),
    }


def _mean(clusters: Sequence[Cluster]) -> None:
    """Have means of clusters, as all that have vectors soon do; these have none."""
    space = Space.objects.get()
    vectors = units(np.random.default_rng(0).standard_normal((len(clusters), space.dimension)))
    Centroid.objects.bulk_create(
        Centroid(cluster=cluster, space=space, vector=vector.tolist(), size=1)
        for cluster, vector in zip(clusters, vectors, strict=True)
    )


def _pages(anna: Person) -> dict[str, str]:
    cluster = Cluster.objects.filter(person=anna).earliest("pk")
    face = Face.objects.filter(membership__part__cluster=cluster).earliest("pk")
    return {
        "home": "/admin/",
        "clusters": "/admin/faces/cluster/",
        "doubtful_clusters": "/admin/faces/cluster/?first=doubt",
        "cluster": f"/admin/faces/cluster/{cluster.pk}/change/",
        "people": "/admin/faces/person/",
        "person": f"/admin/faces/person/{anna.pk}/change/",
        "faces": "/admin/faces/face/",
        "faces_by_quality": "/admin/faces/face/?o=-6",
        "photos": "/admin/photos/photo/",
        "photo": f"/admin/photos/photo/{face.photo_id}/change/",
        "edits": "/admin/faces/edit/",
        "edit": f"/admin/faces/edit/{Edit.objects.latest('pk').pk}/change/",
    }


def _session() -> dict[str, str]:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser(username="bench"))
    name = settings.SESSION_COOKIE_NAME
    return {name: client.cookies[name].value}


def _took(client: httpx2.Client, path: str) -> list[float]:
    """What is read for the first time does not count."""
    return [_answered(client, path) for _ in range(1 + TIMES)][1:]


def _answered(client: httpx2.Client, path: str) -> float:
    start = time.perf_counter()
    answer = client.get(path)
    took = 1000 * (time.perf_counter() - start)
    if answer.status_code != httpx2.codes.OK:
        sys.exit(f"{answer.url} answers {answer.status_code}: {answer.text[:500]}")
    return took


def main(url: str) -> None:
    sys.stdout.write(json.dumps(measure(url)))


if __name__ == "__main__":
    main(*sys.argv[1:])
