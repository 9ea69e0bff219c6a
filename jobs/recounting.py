"""What is said of photos after their faces have changed: how many people they show."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

import search.tags
import search.words
from jobs.operations import TEMPLATE, current_recipes, needs_of
from photos.models import Analysis, Photo
from photos.operations import CAPTION, TAGS
from search.captions import ComposeCaption
from search.vocabulary import load

_BATCH = 100  # photos of one transaction


def recount(photos: Iterable[int]) -> None:
    """Bring the tags, captions and words of `photos` up to date that count people. Asks no model.

    Some photos in a transaction, so that nobody waits for long. Twice changes nothing.
    """
    keys = sorted(photos)
    captions = _captions() if keys else None
    for start in range(0, len(keys), _BATCH):
        with transaction.atomic():
            said = _said_of(keys[start : start + _BATCH])
            for photo in said:
                search.tags.count_people(photo)
            if captions:
                captions.again([photo.pk for photo in said])
            search.words.index([photo.pk for photo in said])


def _said_of(keys: Collection[int]) -> list[Photo]:
    """The photos with tags or captions, locked as those do who store results."""
    done = Analysis.objects.filter(photo=OuterRef("pk"), operation__in=(TAGS, CAPTION))
    photos = Photo.objects.filter(Exists(done), pk__in=keys)
    return list(photos.select_for_update(no_key=True).order_by("pk"))


def _captions() -> ComposeCaption | None:
    """What makes captions of what was found; None where a model of captions sees the photo."""
    recipes = current_recipes()
    recipe = recipes.get(CAPTION, "")
    if not recipe.startswith(TEMPLATE):
        return None
    vocabulary = load(settings.VOCABULARY_DIR)
    return ComposeCaption(vocabulary, recipes, recipe, needs_of(CAPTION, recipes))
