"""`manage.py models`."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from photos import roles
from photos.models import ServedModel
from tests.tiny import Tiny

pytestmark = pytest.mark.django_db
ONE, TWO = "face_detector.tiny.1", "face_detector.tiny.2"
HEAD = "face_matcher.trained.1"


@pytest.fixture
def repository(tiny: Tiny) -> Tiny:
    """With two versions of one role, the newer one active."""
    for name in (ONE, TWO):
        tiny.write(name)
    roles.sync(tiny.folder)
    return tiny


def models(*words: str) -> str:
    out = io.StringIO()
    call_command("models", *words, stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("repository")
class TestModels:
    def test_are_listed_with_how_they_are(self) -> None:
        models("load", ONE)
        models("pin", ONE)

        lines = [" ".join(line.split()) for line in models("list").splitlines()]

        assert lines == [f"{ONE} loaded 1.0 MB pinned", f"* {TWO} unloaded 1.0 MB"]

    def test_are_listed_without_the_server(self, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"

        assert models("list").splitlines()[-1] == "The model server does not answer."

    def test_are_switched_and_rolled_back(self) -> None:
        models("activate", ONE)
        after = roles.active_models()

        said = models("rollback", "face_detector")

        assert after == {"face_detector": ONE}
        assert said == f"face_detector has {TWO}.\n"

    def test_are_no_heads_where_they_are_switched(self, repository: Tiny) -> None:
        repository.write(HEAD)
        roles.sync(repository.folder)

        for words in (("activate", HEAD), ("rollback", "face_matcher")):
            with pytest.raises(CommandError, match=r"faces activate-matcher.*rollback_matcher"):
                models(*words)

    def test_go_when_nobody_needs_them(self, settings: Any) -> None:
        models("load", ONE)
        then = timezone.now() - timedelta(minutes=settings.MODEL_IDLE_MINUTES + 1)
        ServedModel.objects.update(loaded_at=then, created_at=then)

        models("tend")

        assert models("list").count("unloaded") == 2

    def test_are_unloaded_when_asked(self) -> None:
        models("load", ONE)

        models("unload", "face_detector.tiny.1")

        assert models("list").count("unloaded") == 2

    def test_can_be_pinned_and_unpinned(self) -> None:
        models("pin", ONE)
        pinned = ServedModel.objects.get(pinned=True)
        models("unpin", ONE)

        assert pinned.name == ONE
        assert not ServedModel.objects.filter(pinned=True).exists()

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("load", "face_detector.none"), "no model 'none' for the role 'face_detector'"),
            (("load", "../x"), "no model"),
            (("rollback", "tagger"), "no role 'tagger'"),
            (("rollback", "face_detector"), "has had no other model"),
        ],
    )
    def test_that_are_not_there_are_named(self, words: tuple[str, ...], said: str) -> None:
        with pytest.raises(CommandError, match=said):
            models(*words)


class TestSync:
    def test_reads_the_repository(self, tiny: Tiny) -> None:
        tiny.write(ONE)

        assert models("sync") == f"1 models: {ONE}\n"

    def test_says_what_is_broken_and_what_is_gone(self, repository: Tiny) -> None:
        repository.clear()
        repository.write(TWO)
        repository.write("face_embedder.tiny.1")
        (repository.folder / TWO / "manifest.json").write_text("{")

        with pytest.raises(CommandError, match=f"{TWO}/manifest.json"):
            models("sync")

        assert not ServedModel.objects.filter(name=ONE).exists()

    @pytest.mark.usefixtures("tiny")
    def test_of_an_empty_repository_is_refused(self) -> None:
        with pytest.raises(CommandError, match="MODEL_REPOSITORY"):
            models("sync")
