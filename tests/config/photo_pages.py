"""Photos with all that can be found in them, and what their page says of it."""

import re

from django.test import Client

from photos.models import Photo
from photos.operations import CAPTION, OBJECTS, OCR, TAGS
from tests.search.findings import (
    make_caption,
    make_line,
    make_object,
    make_tag,
)


def page_of(client: Client, photo: Photo) -> str:
    return client.get(f"/admin/photos/photo/{photo.pk}/change/").content.decode()


def standings(page: str) -> list[tuple[str, str]]:
    """Operation and standing of each row of the table of analyses."""
    rows = r'<tr>\s*<td>(\w+)</td>.*?<span class="pill[^>]*>([^<]*)</span>'
    return re.findall(rows, page, re.DOTALL)


def find_all(photo: Photo, recipes: dict[str, str]) -> None:
    """One of each, by the models of `recipes`."""
    make_object(photo=photo, recipe=recipes[OBJECTS], label="teddy bear")
    make_line(photo=photo, recipe=recipes[OCR], text="Warung Padang")
    make_tag(photo=photo, recipe=recipes[TAGS], key="formal")
    make_caption(photo=photo, recipe=recipes[CAPTION], sentence="A bear.", context="waving")
