"""The operations as they are done now: of the models in the repository, on the real server."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

import search.tagging
from faces.services import FindFaces
from inference.client import TritonClient
from inference.errors import InferenceNotReady
from inference.faces import TritonFaceEmbedder, TritonFaceMatcher
from jobs.active import ActiveOperations, taggers
from jobs.operations import current_recipes
from local.triton import Triton
from photos import roles
from photos.models import ServedModel
from photos.operations import (
    CAPTION,
    DESCRIBE,
    EMBEDDING,
    FACES,
    OBJECTS,
    OCR,
    TAGS,
    Operation,
    Place,
)
from search.captions import ComposeCaption, DescribePhoto
from search.errors import VocabularyError
from search.services import EmbedPhoto, FindObjects, ReadText
from search.tags import TagPhoto
from tests import served
from tests.factories import make_photo
from tests.jobs.asked import OTHER_EMBEDDER, Asked, picture, write_next_version
from tests.search.factories import changed, make_vocabulary, write
from tests.tiny import Tiny

pytestmark = pytest.mark.django_db
DETECTOR, EMBEDDER = served.FACE_DETECTOR.name, served.FACE_EMBEDDER.name
OCR_MODELS = ("text_detector.tiny.1", "text_orienter.tiny.1", "text_recognizer.tiny.1")


@pytest.fixture(autouse=True)
def _taggers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search.tagging, "_taggers", {})


@pytest.fixture
def nobody() -> Iterator[TritonClient]:
    """A client of a server that is not there."""
    with TritonClient("127.0.0.1:1", timeout_s=1) as client:
        yield client


class TestOperationsOfThePack:
    """Those that the models of `make models` do."""

    @pytest.fixture
    def active(self, triton: TritonClient, settings: Any) -> ActiveOperations:
        roles.sync(settings.MODEL_REPOSITORY)
        return ActiveOperations(triton, settings.MODEL_REPOSITORY)

    def test_are_all_but_the_description(self, active: ActiveOperations) -> None:
        made = active()

        assert {name: type(each) for name, each in made.items()} == {
            EMBEDDING: EmbedPhoto,
            FACES: FindFaces,
            OBJECTS: FindObjects,
            OCR: ReadText,
            TAGS: TagPhoto,
            CAPTION: ComposeCaption,
        }
        assert {name: (each.name, each.recipe) for name, each in made.items()} == {
            name: (name, recipe) for name, recipe in current_recipes().items()
        }

    def test_find_what_is_in_a_photo(self, active: ActiveOperations) -> None:
        made, image, photo = active(), picture(), make_photo()

        findings = [made[name].look(image) for name in (EMBEDDING, FACES, OBJECTS, OCR, TAGS)]
        for each in [*findings, made[CAPTION].look(image)]:
            each.keep(Place(photo.owner, "some/folder"))(photo)

        assert photo.faces.count() > 0
        assert photo.tags.filter(key=f"people:{photo.faces.count()}").count() == 1
        assert set(photo.captions.values_list("language", flat=True)) == {"en", "id"}

    def test_are_made_once(self, active: ActiveOperations) -> None:
        first, second = active(), active()

        assert all(second[name] is operation for name, operation in first.items())

    def test_cost_two_queries(
        self, active: ActiveOperations, django_assert_num_queries: Any
    ) -> None:
        with django_assert_num_queries(2):
            active()

    def test_describe_where_there_is_a_describer(
        self, active: ActiveOperations, settings: Any
    ) -> None:
        settings.DESCRIBER_URL, settings.DESCRIBER_MODEL = "http://127.0.0.1:1/v1", "llava"

        described = active()[DESCRIBE]

        assert isinstance(described, DescribePhoto)
        assert described.recipe == "describer.llava"

    def test_tag_and_tell_of_tags(self, active: ActiveOperations) -> None:
        made = active()

        assert taggers(active) == (made[TAGS], made[CAPTION])

    def test_are_none_without_roles(self, nobody: TritonClient, tmp_path: Path) -> None:
        active = ActiveOperations(nobody, tmp_path)

        assert (active(), taggers(active)) == ({}, (None, None))


@pytest.fixture(scope="module")
def two_embedders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """gRPC address of a server with two versions of one model, and its repository."""
    if not served.are_built():
        pytest.skip("The models are not built: run `make models`.")
    repository = tmp_path_factory.mktemp("two")
    for name in (DETECTOR, EMBEDDER):
        shutil.copytree(settings.MODEL_REPOSITORY / name, repository / name)
    write_next_version(repository)
    names = [DETECTOR, EMBEDDER, OTHER_EMBEDDER]
    with Triton(repository, names, tmp_path_factory.mktemp("two-triton")) as triton:
        yield triton.url, repository


class TestSwitching:
    """A role gets another model while photos are being worked on."""

    @pytest.fixture
    def asked(self, two_embedders: tuple[str, Path], settings: Any) -> Iterator[Asked]:
        settings.FACE_TILES = "off"
        url, repository = two_embedders
        roles.sync(repository)
        roles.activate(ServedModel.objects.get(name=EMBEDDER))
        with TritonClient(url, timeout_s=30) as client:
            yield Asked(client)

    @pytest.fixture
    def active(self, asked: Asked, two_embedders: tuple[str, Path]) -> ActiveOperations:
        return ActiveOperations(asked, two_embedders[1])

    def test_changes_the_recipe_and_the_model_of_the_next_call(
        self, active: ActiveOperations, asked: Asked
    ) -> None:
        before = active()[FACES]
        before.look(picture())

        roles.activate(ServedModel.objects.get(name=OTHER_EMBEDDER))
        after = active()[FACES]
        after.look(picture())

        assert (before.recipe, after.recipe) == (recipe_of(EMBEDDER), recipe_of(OTHER_EMBEDDER))
        assert asked.names == [DETECTOR, EMBEDDER, DETECTOR, OTHER_EMBEDDER]
        assert spaces(before, after) == ["1", "2"]

    def test_changes_the_recipe_of_the_caption_too(self, active: ActiveOperations) -> None:
        before = active()[CAPTION]

        roles.activate(ServedModel.objects.get(name=OTHER_EMBEDDER))

        after = active()[CAPTION]
        assert after.recipe != before.recipe
        assert isinstance(after, ComposeCaption)
        assert after.recipes[FACES] == recipe_of(OTHER_EMBEDDER)

    def test_leaves_a_photo_in_work_the_model_it_began_with(
        self, active: ActiveOperations, asked: Asked
    ) -> None:
        begun = active()[FACES]

        roles.activate(ServedModel.objects.get(name=OTHER_EMBEDDER))
        active()[FACES].look(picture())
        begun.look(picture())

        assert asked.names == [DETECTOR, OTHER_EMBEDDER, DETECTOR, EMBEDDER]

    def test_back_gives_the_operation_that_was_there_before(self, active: ActiveOperations) -> None:
        before = active()[FACES]
        roles.activate(ServedModel.objects.get(name=OTHER_EMBEDDER))
        active()

        roles.roll_back("face_embedder")

        assert active()[FACES] is before


def recipe_of(embedder: str) -> str:
    return f"{DETECTOR}+{embedder}+tiles.2.off"


def spaces(*operations: Operation) -> list[str]:
    """The version that the space of each one's vectors has, as the server says."""
    embedders = [each.embedder for each in operations if isinstance(each, FindFaces)]
    assert [type(each) for each in embedders] == [TritonFaceEmbedder] * len(operations)
    return [each.identity.space.rpartition(":")[2] for each in embedders]


class TestChangedVocabulary:
    """People edit its files while photos are worked on."""

    @pytest.fixture
    def active(self, nobody: TritonClient, tmp_path: Path, settings: Any) -> ActiveOperations:
        settings.VOCABULARY_DIR = tmp_path / "vocabulary"
        settings.VOCABULARY_DIR.mkdir()
        make_vocabulary(settings.VOCABULARY_DIR)
        repository = Tiny(tmp_path / "repository")
        repository.write("object_detector.tiny.1")
        roles.sync(repository.folder)
        return ActiveOperations(nobody, repository.folder)

    def test_gives_the_next_caption_its_wordings(
        self, active: ActiveOperations, settings: Any
    ) -> None:
        before = active()[CAPTION]
        kitty = {"one": "a kitty", "many": "{count} kitties"}
        write(settings.VOCABULARY_DIR, "en.yaml", changed("objects", "cat", to=kitty))

        after = active()[CAPTION]

        assert after.recipe == before.recipe
        assert isinstance(after, ComposeCaption)
        assert after.vocabulary.thing("cat", 1, "en") == "a kitty"

    def test_stops_all_while_it_is_broken_and_goes_on_when_it_is_mended(
        self, active: ActiveOperations, settings: Any
    ) -> None:
        write(settings.VOCABULARY_DIR, "en.yaml", "tags: [")
        with pytest.raises(VocabularyError, match=r"^en\.yaml: line 1"):
            active()

        make_vocabulary(settings.VOCABULARY_DIR)

        assert active().keys() == {OBJECTS, CAPTION}


class TestMissingFile:
    """The text recognizer has no list of its characters beside it."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Tiny:
        repository = Tiny(tmp_path / "repository")
        for name in (*OCR_MODELS, "object_detector.tiny.1"):
            repository.write(name)
        roles.sync(repository.folder)
        return repository

    def test_keeps_no_other_operation_from_being_made(
        self, nobody: TritonClient, repository: Tiny
    ) -> None:
        made = ActiveOperations(nobody, repository.folder)()

        assert isinstance(made[OBJECTS], FindObjects)
        assert made.keys() == {OBJECTS, OCR, CAPTION}

    def test_is_told_to_whoever_wants_that_operation(
        self, nobody: TritonClient, repository: Tiny
    ) -> None:
        read = ActiveOperations(nobody, repository.folder)()[OCR]

        assert (read.name, read.recipe) == (OCR, "+".join(OCR_MODELS))
        with pytest.raises(
            InferenceNotReady, match=r"^text_recognizer\.tiny\.1: characters\.txt is missing"
        ):
            read.look(picture())

    def test_is_found_as_soon_as_it_is_there(self, nobody: TritonClient, repository: Tiny) -> None:
        active = ActiveOperations(nobody, repository.folder)
        active()

        (repository.folder / OCR_MODELS[2] / "1" / "characters.txt").write_text("a\nb\n")

        assert isinstance(active()[OCR], ReadText)


@pytest.mark.parametrize("role", ["face_matcher", "other"])
def test_faces_are_seen_by_the_head_that_is_active(role: str, nobody: TritonClient) -> None:
    active = {"face_detector": DETECTOR, "face_embedder": EMBEDDER, role: f"{role}.a.1"}
    made = ActiveOperations(nobody, settings.MODEL_REPOSITORY, lambda: active)()[FACES]

    assert isinstance(made, FindFaces)
    wanted = TritonFaceMatcher if role == "face_matcher" else type(None)
    assert (type(made.embedder), type(made.head)) == (TritonFaceEmbedder, wanted)
