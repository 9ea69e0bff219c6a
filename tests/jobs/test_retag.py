"""`manage.py retag`."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

import search.tagging
from jobs.management.commands.retag import Command
from photos.models import Photo
from search.tags import TagPhoto
from tests.factories import unit
from tests.search.factories import (
    FakeImageEncoder,
    FakeTextEncoder,
    changed,
    make_tagged_photo,
    make_vocabulary,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def operation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TagPhoto:
    monkeypatch.setattr(search.tagging, "_taggers", {})
    texts = FakeTextEncoder({"a photo of a beach": unit(1)})
    return TagPhoto(FakeImageEncoder(), texts, make_vocabulary(tmp_path), "image+text+new")


class TestRetag:
    def test_shows_how_many_photos_are_done(self, operation: TagPhoto) -> None:
        photos = [make_tagged_photo(unit(1), "image+text+old") for _ in range(2)]
        output = StringIO()

        Command(stdout=output).retag(Photo.objects.all(), operation, None)

        assert output.getvalue() == "2/2 photos\n"
        tags = [list(photo.tags.values_list("recipe", "key")) for photo in photos]
        assert tags == [[("image+text+new", "beach")]] * 2

    def test_says_so_when_there_is_nothing_to_do(self, operation: TagPhoto) -> None:
        make_tagged_photo(unit(1), operation.recipe)
        output = StringIO()

        Command(stdout=output).retag(Photo.objects.all(), operation, None)

        expected = "All photos have the tags of this vocabulary and these models.\n"
        assert output.getvalue() == expected

    def test_names_an_owner_who_is_not_there(self) -> None:
        with pytest.raises(CommandError, match=r"^There is no owner 'nobody'\.$"):
            call_command("retag", owner="nobody")

    def test_says_which_models_it_takes_where_there_are_none(self) -> None:
        with pytest.raises(CommandError, match=r"^No models here tag photos: "):
            call_command("retag")

    def test_tells_of_a_slip_in_the_vocabulary(self, settings: Any, tmp_path: Path) -> None:
        write(tmp_path, "en.yaml", changed("tags", "beach", "prompts", to=[]))
        settings.VOCABULARY_DIR = tmp_path

        with pytest.raises(
            CommandError, match=r"^en\.yaml: tags\.beach\.prompts: it must be a list"
        ):
            call_command("retag")
