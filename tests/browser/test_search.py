"""Staff search photos in a real browser: real models, on real photos."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

import search.words
from inference.client import TritonClient
from jobs.active import ActiveOperations
from local.packages import fetch
from local.photos import SCIKIT_IMAGE
from photos import roles
from photos.images import decode
from photos.models import Owner, Photo, Place as City
from photos.operations import CAPTION, EMBEDDING, OBJECTS, OCR, TAGS, Place
from photos.services import note_analyses
from search.models import SavedSearch
from tests.browser.conftest import Browsing
from tests.factories import make_owner, make_person, make_photo, make_place, make_user
from tests.search.words.library import show

PASSWORD = "correct horse"  # noqa: S105  # of the test's own user
SEARCH = "/admin/search/"
PICTURES = (
    "astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg", "page.png", "retina.jpg",
    "ihc.png", "hubble_deep_field.jpg", "camera.png", "motorcycle_left.png",
)  # fmt: skip  # chelsea is a cat
MAX_PHOTO_PIXELS = 10_000_000
