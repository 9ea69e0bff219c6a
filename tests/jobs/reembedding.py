"""What tests of embedding photos anew have in common."""

from dataclasses import replace
from typing import Any

from jobs import maintenance, reembedding
from jobs.models import Item, Job
from jobs.steps import Outcome
from photos.models import Owner, Photo
from tests.factories import make_photo
from tests.search.changing import embed, eyes

INTO_B = {"space": "image_encoder:b:1"}


def library(owner: Owner, count: int) -> list[Photo]:
    """Photos that were embedded by the model that is active now."""
    photos = [make_photo(owner=owner) for _ in range(count)]
    embed(*photos)
    return photos


def reembed(owner: Owner, before: Outcome | None = None, **changes: Any) -> Outcome:
    """What a worker does with a job of the owner, to its end."""
    return maintenance.to_the_end(
        reembedding.steps(owner, INTO_B, before or {}, replace(eyes("b"), **changes))
    )


def jobs() -> list[tuple[str, int]]:
    """Subject of the owner and priority of each."""
    items = Item.objects.filter(job__kind=Job.Kind.REEMBED).order_by("pk")
    return list(items.values_list("owner__subject", "priority"))
