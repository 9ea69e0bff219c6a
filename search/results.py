"""What was found in photos by the models that are active now, read with few queries."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import Model, Prefetch, QuerySet

from photos.operations import CAPTION, DESCRIBE, OBJECTS, OCR, TAGS
from search.models import Caption, DetectedObject, ImageVector, PhotoTag, TextLine

Row = TypeVar("Row", bound=Model)


def of_recipe(rows: QuerySet[Row], recipes: Mapping[str, str], operation: str) -> QuerySet[Row]:
    """The rows that `operation` has found by its recipe among `recipes`.

    Tags by another version of the vocabulary count: they stay until the photo is tagged again.
    """
    recipe = recipes.get(operation, "")
    if operation == TAGS and recipe:
        return rows.filter(recipe__startswith=f"{recipe.rpartition('+')[0]}+")
    return rows.filter(recipe=recipe)


def prefetches(recipes: Mapping[str, str], photo: str = "") -> "list[Prefetch[Any]]":
    """For photos at the path `photo` (such as `photo__`): one query each, as lists `..._now`.

    Of what several models have found, that of `recipes` (operation -> recipe) is read.
    """
    objects = of_recipe(DetectedObject.objects.all(), recipes, OBJECTS)
    lines = of_recipe(TextLine.objects.all(), recipes, OCR)
    tags = of_recipe(PhotoTag.objects.all(), recipes, TAGS)
    captions = Caption.objects.filter(
        recipe__in=[recipes[name] for name in (CAPTION, DESCRIBE) if name in recipes]
    )
    vectors = ImageVector.objects.select_related("space").defer("vector")
    return [
        Prefetch(f"{photo}objects_seen", objects.order_by("-confidence", "pk"), "objects_now"),
        Prefetch(f"{photo}text_lines", lines.order_by("position"), "text_now"),
        Prefetch(f"{photo}tags", tags.order_by("-confidence", "key"), "tags_now"),
        Prefetch(f"{photo}captions", captions.order_by("source", "language"), "captions_now"),
        Prefetch(f"{photo}vectors", vectors.order_by("pk"), "vectors_now"),
    ]
