"""Users with photos: `python -m bench.accounts USERS EACH PHOTO...`, with workers at it.

Each has a key, and photos of their own with all operations done; three of their groups of faces get
names. Prints the keys, as JSON.
"""

import json
import sys
from pathlib import Path

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.db.models import Count

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from bench.variants import Variants
from config.access.keys import Terms, issue
from config.access.scopes import EVERYDAY
from faces.models import Cluster
from faces.people import naming
from jobs import services, waiting
from photos.models import Owner

LIMIT_S = 900
NAMES = ("Anna", "Ben", "Citra")


def register(number: int) -> tuple[Owner, str]:
    """Somebody, and the secret of their key."""
    user = get_user_model().objects.create_user(f"visitor-{number}")
    owner = Owner.objects.create(subject=user.username, user=user)
    _, secret = issue(Terms("bench", user, EVERYDAY))
    return owner, secret


def main(users: str, each: str, *files: str) -> None:
    made = Variants([Path(file) for file in files])
    count = int(each)
    keys, jobs = [], []
    for number in range(int(users)):
        owner, secret = register(number)
        keys.append(secret)
        contents = (made.jpeg(number * count + photo) for photo in range(count))
        sources = [services.upload(ContentFile(each, "photo.jpg")) for each in contents]
        jobs.append(services.submit(owner, sources, operations=["all"]))
    if not all(waiting.wait(job, timeout_s=LIMIT_S) for job in jobs):
        sys.exit(f"The photos were not done after {LIMIT_S} s.")
    for owner in Owner.objects.filter(subject__startswith="visitor-"):
        clusters = Cluster.objects.filter(owner=owner).annotate(n=Count("parts__memberships"))
        for cluster, name in zip(clusters.order_by("-n", "pk"), NAMES, strict=False):
            naming.name_cluster(cluster, name)
    sys.stdout.write(json.dumps({"keys": keys}))


if __name__ == "__main__":
    main(*sys.argv[1:])
