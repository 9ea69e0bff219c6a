"""Questions for the review desk: `python -m bench.review_statements made | found`.

Half of the faces of each large cluster become one of their own. Those that were made up get a
picture. Prints who may answer, as JSON.
"""

import io
import json
import secrets
import sys

from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.models import Count
from PIL import Image

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from faces.models import Cluster, Face, Membership
from faces.review import ahead
from jobs.clustering import group
from photos.models import Owner, Photo, Space

HALVED = 400  # clusters: the largest
SIDE = 512  # pixels of a picture
USERNAME = "bench"


def halve() -> None:
    """Have questions to ask."""
    owner, space = Owner.objects.get(), Space.objects.get()
    largest = Cluster.objects.annotate(count=Count("parts__memberships")).order_by("-count")
    for cluster in largest.filter(count__gte=2)[:HALVED]:
        faces = list(cluster.memberships.order_by("pk").values_list("pk", flat=True))
        new = Cluster.objects.create(owner=owner, space=space)
        Membership.objects.filter(pk__in=faces[::2]).update(part_id=new.pk)


def show() -> None:
    """Have something to look at."""
    file = io.BytesIO()
    Image.radial_gradient("L").resize((SIDE, SIDE)).convert("RGB").save(file, "JPEG")
    key = default_storage.save("bench/picture.jpg", ContentFile(file.getvalue()))
    Face.objects.update(crop=key)
    Photo.objects.update(original=key, thumbnail=key)


def find() -> None:
    """Have questions found ahead, as workers do once they have grouped faces."""
    space = Space.objects.get()
    ahead.ask(Owner.objects.get().pk)
    while ahead.find_due(space):
        pass


def main(how: str) -> None:
    if how == "found":
        group(Owner.objects.get(), Space.objects.get())
    halve()
    if how == "made":
        show()
    find()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum leaves it
    password = secrets.token_hex()
    get_user_model().objects.create_superuser(username=USERNAME, password=password)
    sys.stdout.write(json.dumps({"username": USERNAME, "password": password}))


if __name__ == "__main__":
    main(*sys.argv[1:])
