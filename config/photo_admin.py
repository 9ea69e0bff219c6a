"""A photo's page for staff: all that was found in it, drawn over it and in words."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from config.labels import Label, place, size
from config.photo_origin import Origin
from faces.admin.doing import names_offered
from faces.models import Face, FaceVector
from jobs.admin.photo_desk import NEW, DeskPhotoAdmin, form_of
from jobs.operations import current_recipes
from photos.models import Analysis, Photo
from photos.operations import CAPTION, DESCRIBE, OBJECTS, OCR, OPERATIONS, TAGS
from photos.pictures import PAGE, ZOOM, address
from search.display import Area, parts_of, vocabulary_if_whole, words_for
from search.errors import VocabularyError
from search.models import DetectedObject, PhotoTag
from search.results import prefetches
from search.vocabulary import Vocabulary

FACES_DRAWN = OBJECTS_DRAWN = LINES_DRAWN = 200  # on a photo, at most: the surest, the first
_LABELS_PER_SIDE = 40  # height of a label on a photo, as a part of the photo's longer side
_OBJECT_LABEL = 0.8  # height of an object's label, as a part of that; admin.css has it too
_FAR_RIGHT = 0.7  # of the width: from there on, labels end where their box ends
_LISTS = {  # operation -> where its results are listed
    OBJECTS: "detectedobject",
    OCR: "textline",
    TAGS: "phototag",
    CAPTION: "caption",
    DESCRIBE: "caption",
}

ACTIVE, OLD_WORDS, OTHER, WAITING = "active", "old_words", "other", "waiting"


@dataclass(frozen=True)
class Look:
    """That an operation was done on a photo, or is still to be done."""

    operation: str
    parts: list[str]  # models and vocabulary
    standing: str  # of those above
    at: datetime | None
    results: str  # address of their list; empty: there is none
    can_be_again: bool  # the first of an operation that can be done now


class FoundPhotoAdmin(DeskPhotoAdmin):
    change_form_template = "admin/photos/photo/page.html"

    def get_fields(self, request: HttpRequest, obj: Photo | None = None) -> list[Any]:
        return []  # the template shows them

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **values: Any
    ) -> HttpResponse:
        photo = values["obj"]
        shown = context | _found(photo) | {"can_look_again": self.has_again_permission(request)}
        if self.has_place_permission(request):
            shown |= _editing(request, photo, shown["faces"])
        return super().render_change_form(request, shown, *args, **values)


def _found(photo: Any) -> dict[str, Any]:
    """What the active models have found, and what else was done on the photo."""
    try:
        recipes, trouble = current_recipes(), ""
    except VocabularyError as exc:
        recipes, trouble = {}, str(exc)
    prefetch_related_objects([photo], *prefetches(recipes))
    faces, looks = _faces(photo), looks_at(photo, recipes)
    text_px = max(photo.width, photo.height) / _LABELS_PER_SIDE
    return {
        "photo": photo,
        "picture": address(photo.original, PAGE),
        "closer": address(photo.original, ZOOM),
        "small": photo.thumbnail.url if photo.thumbnail else "",
        "origin": Origin.of(photo),
        "faces": faces,
        "objects": _objects(photo, text_px, _names(faces, text_px)),
        "lines": photo.text_now[:LINES_DRAWN],
        "things": Counter(each.label for each in photo.objects_now).most_common(),
        "text_px": text_px,
        "far_right": photo.width * _FAR_RIGHT,
        "tags": _tags(photo, vocabulary_if_whole()),
        "looks": looks,
        "others": any(look.standing == OTHER for look in looks),
        "trouble": trouble,
    }


def _faces(photo: Photo) -> list[Face]:
    """Each with whether it is known what it looks like: `is_seen`."""
    vectors = FaceVector.objects.filter(face=OuterRef("pk"))
    faces = photo.faces.with_people().annotate(is_seen=Exists(vectors))
    return list(faces.order_by("pk")[:FACES_DRAWN])


def _editing(request: HttpRequest, photo: Photo, faces: Iterable[Face]) -> dict[str, Any]:
    """The form of a face: of the one that the address names, of a new one, or out of sight."""
    asked = request.GET.get("face", "")
    chosen = next((face for face in faces if str(face.pk) == asked), None)
    return {
        "can_place": True,
        "chosen": chosen,
        "is_open": asked == NEW or chosen is not None,
        "face_form": form_of(chosen, request.GET),
        "names": names_offered(photo.owner),
    }


def looks_at(photo: Photo, recipes: Mapping[str, str]) -> list[Look]:
    """All that was done on the photo, by the active models first, and what waits. One query."""
    done = list(photo.analyses.order_by("-created_at", "-pk"))
    return [
        look
        for operation in OPERATIONS
        for look in _looks(
            operation, [each for each in done if each.operation == operation], recipes
        )
    ]


def _looks(operation: str, done: list[Analysis], recipes: Mapping[str, str]) -> Iterator[Look]:
    """Of one operation."""
    now = recipes.get(operation, "")
    standings = {each: _standing(each, now) for each in done}
    if now and set(standings.values()) <= {OTHER}:
        yield Look(operation, parts_of(now), WAITING, None, "", can_be_again=True)
    ranked = sorted(standings.items(), key=lambda item: item[1] == OTHER)
    for number, (each, standing) in enumerate(ranked):
        results = _results(each) if operation in _LISTS else ""
        parts, again = parts_of(each.recipe), number == 0 and standing != OTHER
        yield Look(operation, parts, standing, each.created_at, results, can_be_again=again)


def _standing(done: Analysis, now: str) -> str:
    if done.recipe == now:
        return ACTIVE
    same = now and _models(done.operation, done.recipe) == _models(done.operation, now)
    return OLD_WORDS if same else OTHER


def _models(operation: str, recipe: str) -> str:
    """The recipe, less the vocabulary: tags count whatever the version of that."""
    return recipe.rpartition("+")[0] if operation == TAGS else recipe


def _results(done: Analysis) -> str:
    """The address of the list of what was found."""
    page = reverse(f"admin:search_{_LISTS[done.operation]}_changelist")
    return f"{page}?{urlencode({'photo__id__exact': done.photo_id, 'recipe': done.recipe})}"


def _objects(photo: Any, text_px: float, taken: list[Area]) -> list[tuple[DetectedObject, Label]]:
    """With their labels. The smallest last, so that one before another is drawn over it."""
    surest: list[DetectedObject] = photo.objects_now[:OBJECTS_DRAWN]
    objects = sorted(surest, key=lambda each: -each.width * each.height)
    boxes = [((each.x, each.y, each.width, each.height), f"{each.label} 99%") for each in objects]
    return list(zip(objects, place(boxes, text_px * _OBJECT_LABEL, taken), strict=True))


def _names(faces: Iterable[Face], text_px: float) -> list[Area]:
    """Where the names of faces stand: below them."""
    return [
        (face.x, face.y + face.height, *size(str(face.person or _("unknown")), text_px))
        for face in faces
    ]


def _tags(photo: Any, vocabulary: Vocabulary | None) -> list[tuple[PhotoTag, str]]:
    """With their words."""
    return [(tag, words_for(tag.key, vocabulary)) for tag in photo.tags_now]
