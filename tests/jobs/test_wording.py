"""Photos that were stored before there were words to find them by."""

from pathlib import Path
from typing import Any

import pytest

from jobs import maintenance, tasks, wording
from jobs.models import Item, Job
from photos.models import Owner, Photo
from search.models import PhotoWords
from search.words import index, to_index
from tests.factories import make_owner, make_photo
from tests.search.factories import ENGLISH, changed, make_vocabulary

pytestmark = pytest.mark.django_db


def claimed() -> Item:
    [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
    return item


class TestIndexWords:
    def test_gives_words_to_the_owners_photos_that_have_none(
        self, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wording, "BATCH", 2)
        photos = [make_photo(owner=owner) for _ in range(5)]
        index([photos[0].pk])
        theirs = make_photo()

        outcome = maintenance.at_once(owner, Job.Kind.WORDS, {})

        assert outcome == {"photos": 4, "looked_at": 5, "last_photo": photos[4].pk}
        assert list(to_index(Photo.objects.all())) == [theirs]

    def test_twice_changes_nothing(self, owner: Owner) -> None:
        make_photo(owner=owner)

        made = [maintenance.at_once(owner, Job.Kind.WORDS, {})["photos"] for _ in range(2)]

        assert made == [1, 0]

    def test_tells_how_far_it_is_and_goes_on_there(
        self, owner: Owner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wording, "BATCH", 2)
        photos = [make_photo(owner=owner) for _ in range(5)]
        wording.ask(owner)

        maintenance.run(claimed(), stopping=lambda: True)

        assert PhotoWords.objects.count() == 2
        item = Item.objects.get()
        assert (item.done, item.total, item.state) == (2, 5, "queued")
        maintenance.run(claimed())
        item.refresh_from_db()
        told = {"photos": 5, "looked_at": 5, "last_photo": photos[4].pk}
        assert (item.done, item.total, item.outcome) == (5, 5, told)
        assert PhotoWords.objects.count() == 5


class TestTheSchedule:
    def test_asks_once_for_each_owner_whose_photos_lack_words(self, owner: Owner) -> None:
        make_photo(owner=owner)
        index([make_photo(owner=make_owner()).pk])

        tasks.index_words()
        tasks.index_words()

        job = Job.objects.get()
        assert (job.owner, job.kind) == (owner, Job.Kind.WORDS)

    def test_asks_again_when_a_tag_is_called_otherwise(
        self, owner: Owner, tmp_path: Path, settings: Any
    ) -> None:
        settings.VOCABULARY_DIR = tmp_path
        make_vocabulary(tmp_path)
        index([make_photo(owner=owner).pk])
        tasks.index_words()
        assert not Job.objects.exists()

        make_vocabulary(tmp_path, en=changed("tags", "beach", "word", to="shore", of=ENGLISH))
        tasks.index_words()

        assert Job.objects.count() == 1
