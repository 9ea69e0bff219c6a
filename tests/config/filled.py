"""What a database of the release before has in it."""

from typing import Any

from django.utils import timezone

from config.models import AuditEntry
from faces.models import Erasure, Face
from faces.people import merging, naming, placing
from jobs.models import State
from photos import services
from photos.models import Analysis
from photos.operations import FACES
from search.models import Caption, DetectedObject, PhotoLook, PhotoTag, PhotoWords, TextLine
from tests.factories import (
    make_cluster,
    make_delivery,
    make_face,
    make_item,
    make_job,
    make_key,
    make_owner,
    make_photo,
    make_remote_worker,
    make_space,
    make_user,
    unit,
)
from tests.search.factories import make_image_vector


def fill() -> None:
    """Something in every table that counts, written by the services as far as they do it."""
    owner, space = make_owner(user=make_user()), make_space()
    photo = make_photo(owner=owner, camera="NIKON D90", taken_at=timezone.now())
    services.refer(photo, "IMG_1")
    Analysis.objects.create(photo=photo, operation=FACES, recipe="a.1+b.1")
    one, other, third = (make_cluster(owner=owner, space=space) for _ in range(3))
    for cluster in (one, one, other, third):
        mine = make_photo(owner=owner)
        make_face(photo=mine, cluster=cluster, vector=unit(1), space=space)
    stranger = make_face(photo=photo, vector=unit(0, 1), space=space)
    anna = naming.name_cluster(one, "Anna")
    merging.merge(owner, one.public_id, [other.public_id])  # a part goes to another cluster
    placing.reject(owner, [stranger.pk], anna)
    [first, second] = Face.objects.order_by("pk")[1:3]
    placing.answer(owner, first.pk, second.pk, same=True)
    Erasure.objects.create(owner=owner, person=9, people=[[9, "2026-01-01"]])
    fill_search(make_image_vector(photo, unit(1)).photo)
    job = make_job(owner=owner, items=1)
    make_item(job=job, photo=photo, state=State.SUCCEEDED)
    make_delivery()
    make_remote_worker()
    make_key(user=owner.user)
    AuditEntry.objects.create(actor=1, credential="session", act="X", path="/", status=200)


def fill_search(photo: Any) -> None:
    DetectedObject.objects.create(
        photo=photo, recipe="o.1", label="dog", confidence=0.5, x=0, y=0, width=9, height=9
    )
    TextLine.objects.create(
        photo=photo, recipe="t.1", position=0, text="EXIT", quad=[[0, 0]] * 4, confidence=0.9
    )
    PhotoTag.objects.create(photo=photo, recipe="v.1", key="beach", confidence=0.7)
    Caption.objects.create(
        photo=photo, recipe="c.1", source="template", language="en", sentence="A photo."
    )
    PhotoLook.objects.create(photo=photo, owner=photo.owner, recipe=1, hash=bytes(32))
    PhotoWords.objects.create(photo=photo, owner=photo.owner, edition="1", words="", text="")
