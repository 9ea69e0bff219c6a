"""How what was found in photos looks on the pages of staff."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from photos.models import Photo
from search.errors import VocabularyError
from search.models import Caption, DetectedObject, PhotoTag, TextLine
from search.vocabulary import Vocabulary, load, people_key

_MARGIN = 0.1  # around what is cut out of a photo, as a part of its longer side
_DIGEST = re.compile(r"[0-9a-f]{16}")

Found = DetectedObject | TextLine | PhotoTag | Caption
Area = tuple[float, float, float, float]  # left, top, width, height in pixels of the photo


def cutout(photo: Photo, area: Area, style: str = "") -> SafeString:
    """A part of the photo, seen in its thumbnail. `style`: classes of admin.css."""
    return format_html(
        '<svg class="cutout {}" viewBox="{} {} {} {}" role="img" aria-label="{}">'
        '<image href="{}" width="{}" height="{}"></image></svg>',
        style,
        *_with_margin(area),
        _("A part of %(photo)s") % {"photo": photo},
        photo.thumbnail.url,
        photo.width,
        photo.height,
    )


def area_of(quad: Sequence[Sequence[float]]) -> Area:
    """The upright box around the four corners [x, y]."""
    xs, ys = zip(*quad, strict=True)
    return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)


def anchor_of(found: Found) -> str:
    """Of the mark for it on the photo's page."""
    return f"{type(found).__name__.lower()}-{found.pk}"


def photo_link(found: Found) -> SafeString:
    """To the photo's page, where the mark for it stands out."""
    page = reverse("admin:photos_photo_change", args=[found.photo_id])
    return format_html('<a href="{}#{}">{}</a>', page, anchor_of(found), found.photo)


def parts_of(recipe: str) -> list[str]:
    """The models of a recipe, and the vocabulary if one had a part in it."""
    parts = recipe.split("+")
    return [
        _("vocabulary %(digest)s") % {"digest": each[:8]} if _DIGEST.fullmatch(each) else each
        for each in parts
    ]


def stacked(lines: Sequence[str]) -> SafeString:
    """One below the other, as names of things that the machine knows."""
    return format_html_join("", '<span class="label part">{}</span>', [(line,) for line in lines])


def pill(words: str, *, is_context: bool) -> SafeString:
    """A tag; one of what is going on looks different."""
    return format_html('<span class="pill{}">{}</span>', " context" if is_context else "", words)


def vocabulary_if_whole() -> Vocabulary | None:
    """None while a file of it is broken: then pages show keys in the place of words."""
    try:
        return load(settings.VOCABULARY_DIR)
    except VocabularyError:
        return None


def words_for(key: str, vocabulary: Vocabulary | None) -> str:
    """What a tag is called, in each language that has a word of its own for it."""
    if vocabulary is None:
        return key
    words = [vocabulary.word(key, language) for language in vocabulary.languages]
    return " · ".join(dict.fromkeys(words))


def keys_for(term: str, vocabulary: Vocabulary) -> list[str]:
    """The keys of tags with `term` in their words, in any language; "3 people" counts people."""
    found = [
        concept.key
        for concept in vocabulary.concepts
        if any(term.casefold() in word.casefold() for word in concept.words.values())
    ]
    return found + [people_key(int(count)) for count in re.findall(r"[1-9][0-9]{0,3}", term)]


def _with_margin(area: Area) -> Any:
    left, top, width, height = area
    margin = _MARGIN * max(width, height)
    edges = (left - margin, top - margin, width + 2 * margin, height + 2 * margin)
    return [round(edge, 1) for edge in edges]
