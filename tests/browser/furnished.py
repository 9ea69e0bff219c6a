"""A house with something on every page of staff, and where these pages are."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from django.contrib.auth.models import User
from django.db.models import Model
from django.urls import reverse

from faces.models import Person
from photos.models import Photo, Space
from search.models import Unembedded
from search.words import index
from tests.browser.test_home import RUN, make_run
from tests.browser.test_person import make_anna
from tests.browser.test_photo import make_marked_photo
from tests.browser.test_queue import make_busy_queue
from tests.config.rights import LOOKED_AT, MODELS
from tests.config.test_doors import MAKE, address, page_of
from tests.factories import make_owner
from tests.search.words.library import photo_of

ADDABLE = ("auth.group", "auth.user", "django_q.schedule", "jobs.storagesource", "jobs.workertoken")
# No pages: what their scripts ask for. And what has an address of its own below.
NOT_WALKED = {"faces_cluster_names", "queue-now", "search-page-suggest", "training-promote"}


class House:
    """Anna's photos and people, a busy queue, a training run, and a row of every model."""

    def __init__(self, staff: User, trainings: Path) -> None:
        self.rows: dict[str, Model] = {"faces.edit": MAKE["faces.edit"]()}
        self.owner = make_owner(subject="anna@photos.example")
        self.anna: Person = make_anna(self.owner, staff)
        self.photo: Photo = make_marked_photo(self.anna)
        photo_of(self.owner, tags=("beach",), says="Anna Ek at the beach.", text=("Warung",))
        index([self.photo.pk])
        make_busy_queue(self.owner)
        make_run(trainings)
        self.rows["photos.space"] = space = Space.objects.all()[0]
        self.rows["search.unembedded"] = Unembedded.objects.create(
            photo=self.photo, owner=self.owner, space=space, code="not_an_image"
        )
        self.rows |= {label: make() for label, make in MAKE.items() if label not in self.rows}
        self.rows |= {
            "faces.person": self.anna,
            "faces.cluster": self.anna.clusters.all()[0],
            "photos.photo": self.photo,
        }

    def pages(self) -> Iterator[str]:
        yield "/admin/"
        yield from self._of_models()
        owner = f"owner={self.owner.pk}"
        yield from (f"/admin/review/?{owner}&kind={kind}" for kind in ("same", "assignments"))
        yield from (f"/admin/search/?{owner}&q={q}" for q in ("Anna+Ek", "beach+zork", "nothing"))
        yield reverse("training-promote", args=[RUN])
        rows = {label: partial(self.rows.__getitem__, label) for label in self.rows}
        yield from (page_of(name, rows) for name in LOOKED_AT if name not in NOT_WALKED)

    def _of_models(self) -> Iterator[str]:
        for label in MODELS:
            yield address(label, "changelist")
            yield address(label, "change", self.rows[label])
        yield from (address(label, "add") for label in ADDABLE)
        for label in ("auth.user", "faces.person"):  # Django's own page, and ours of people
            yield address(label, "history", self.rows[label])
        yield address("jobs.storagesource", "delete", self.rows["jobs.storagesource"])
