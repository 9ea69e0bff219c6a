"""Photos are found over HTTP: real PostgreSQL, real models, real photos."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

import search.words
from inference.client import TritonClient
from jobs.active import ActiveOperations
from jobs.operations import current_recipes
from local.packages import fetch
from local.photos import SCIKIT_IMAGE
from photos import roles, serving
from photos.images import decode
from photos.models import Owner, Photo
from photos.operations import CAPTION, EMBEDDING, OBJECTS, TAGS, Place
from photos.services import note_analyses
from search.models import AskedSearch, DetectedObject
from tests.factories import make_owner, make_person, make_photo
from tests.search.library import taken
from tests.search.words.library import see, show

pytestmark = pytest.mark.django_db

SEARCH = "/api/v1/search/"
PICTURES = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")  # chelsea is a cat
MAX_PHOTO_PIXELS = 10_000_000


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Real photos, by the names of their files."""
    folder = tmp_path_factory.mktemp("pictures")
    fetch(SCIKIT_IMAGE, [f"skimage/data/{name}" for name in PICTURES], folder)
    return {name: (folder / name).read_bytes() for name in PICTURES}


@pytest.fixture
def models(db: None, triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)


@pytest.fixture
def library(
    models: None, owner: Owner, pictures: dict[str, bytes], triton: TritonClient
) -> dict[str, Photo]:
    """The real photos, looked at by the real models, by their names."""
    operations = ActiveOperations(triton, Path(django_settings.MODEL_REPOSITORY))()
    chosen = [operations[name] for name in (EMBEDDING, OBJECTS, TAGS, CAPTION)]
    return {name: _keep(owner, data, chosen) for name, data in pictures.items()}


def _keep(owner: Owner, data: bytes, operations: list[Any]) -> Photo:
    photo = make_photo(owner=owner)
    pixels = decode(data, max_pixels=MAX_PHOTO_PIXELS).pixels
    for operation in operations:
        findings = operation.look(pixels)
        findings.keep(Place(owner, ""))(photo)
        note_analyses(photo, {operation.name: operation.recipe})
    search.words.index([photo.pk])
    return photo


def ids(answer: Any) -> list[int]:
    assert answer.status_code == 200, answer.content
    return [each["photo"]["id"] for each in answer.json()["results"]]


class TestAsking:
    def test_finds_a_photo_by_what_it_looks_like(
        self, api: APIClient, library: dict[str, Photo]
    ) -> None:
        for question in ("a cat", "seekor kucing"):
            answer = api.post(SEARCH, {"q": question})

            assert ids(answer)[0] == library["chelsea.png"].pk
            assert answer.json()["results"][0]["relevance"] > 0.5

    def test_finds_nothing_where_nothing_fits(
        self, api: APIClient, library: dict[str, Photo]
    ) -> None:
        assert ids(api.post(SEARCH, {"q": "waterfall"})) == []

    def test_says_how_it_understood_and_why_it_found(
        self, api: APIClient, library: dict[str, Photo], owner: Owner
    ) -> None:
        anna = make_person(owner=owner, name="Anna")
        show(library["chelsea.png"], anna, x=7.0)

        answer = api.get(SEARCH, {"q": "Anna with a cat, not with Zork"}).json()

        parts = {part["kind"]: part for part in answer["interpretation"]["parts"]}
        assert parts["people"]["words"] == ["Anna"]
        assert answer["interpretation"]["question"]["people"] == {
            "all": [["Anna"]], "none": [], "only": False,
        }  # fmt: skip
        assert answer["interpretation"]["question"]["objects"] == [
            {"class": "cat", "at_least": 1, "at_most": None}
        ]
        assert answer["interpretation"]["question"]["not_understood"] == ["Zork"]
        [hit] = answer["results"]
        because = {reason["part"]: reason for reason in hit["why"]}
        assert because["names"]["boxes"][0]["x"] == 7.0
        assert because["objects"]["said"] == "cat"
        assert len(because["objects"]["boxes"]) == 1

    def test_says_which_words_no_model_looks_for_though_they_are_denied(
        self, api: APIClient, library: dict[str, Photo]
    ) -> None:
        answer = api.get(SEARCH, {"q": "kucing oranye tanpa kacamata atau awan"}).json()

        interpretation = answer["interpretation"]
        assert interpretation["question"]["not_semantic"] == ["kacamata", "awan"]
        assert interpretation["only_as_text"] == ["oranye", "kacamata", "awan"]

    def test_a_part_can_be_left_out(self, api: APIClient, library: dict[str, Photo]) -> None:
        make_person(owner=library["chelsea.png"].owner, name="Anna")
        asked = api.post(SEARCH, {"q": "Anna with a cat"})
        assert ids(asked) == []
        [anna] = [
            part["key"]
            for part in asked.json()["interpretation"]["parts"]
            if part["kind"] == "people"
        ]

        again = api.post(SEARCH, {"q": "Anna with a cat", "without": [anna]})

        assert ids(again)[0] == library["chelsea.png"].pk

    def test_costs_a_fixed_number_of_queries(
        self,
        api: APIClient,
        library: dict[str, Photo],
        django_assert_num_queries: DjangoAssertNumQueries,
    ) -> None:
        api.post(SEARCH, {"q": "a cat"})  # what is remembered of models and words
        for limit in (1, 4):
            with django_assert_num_queries(ASKING):
                api.post(SEARCH, {"q": "a cat", "limit": limit})

    def test_connects_to_the_model_server_once_and_only_for_new_words(
        self, api: APIClient, library: dict[str, Photo], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made: list[TritonClient] = []
        connect = serving.client

        def noted() -> TritonClient:
            made.append(connect())
            return made[-1]

        monkeypatch.setattr(serving, "client", noted)
        for question in ("kucing oranye tanpa kacamata", "kucing oranye tanpa kacamata", "a cup"):
            assert api.post(SEARCH, {"q": question}).status_code == 200

        assert len(made) == 2


ASKING = 18
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({}, "q"),
    "blank": ({"q": "   "}, "q"),
    "too much": ({"q": "a" * 10_000}, ""),
    "an unknown filter": ({"q": "x", "colour": "red"}, "colour"),
    "a wrong date": ({"since": "2023-02-31"}, "since"),
    "a range that ends first": ({"since": "2023-02-02", "until": "2023-02-01"}, "until"),
    "a wrong count": ({"objects": ["dog:x"]}, "objects"),
    "a class that is none": ({"objects": ["unicorn"]}, "objects"),
    "nobody": ({"people": ["Nobody"]}, "people"),
    "nowhere": ({"places": ["Atlantis"]}, "places"),
    "alone without a name": ({"only_people": True, "places": ["x"]}, "only_people"),
    "too many": ({"q": "x", "limit": 1000}, "limit"),
    "a cursor that is none": ({"q": "2023", "cursor": "x"}, ""),
    "a part that is none": ({"q": "2023", "without": ["x"]}, ""),
}


class TestPages:
    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("photos", [0, 2, 3])
    def test_end_with_null(self, api: APIClient, owner: Owner, method: str, photos: int) -> None:
        for _ in range(photos):
            taken(owner)
        asked = {"since": "2020-01-01", "limit": 2}

        page = getattr(api, method)(SEARCH, asked).json()
        pages = [page]
        while page["next"] is not None:
            page = getattr(api, method)(SEARCH, {**asked, "cursor": page["next"]}).json()
            pages.append(page)

        assert len(pages) == max(1, -(-photos // 2))
        assert sum(len(each["results"]) for each in pages) == photos


class TestDates:
    @pytest.mark.parametrize("first", [{}, {"since": "0001-01-01"}, {"since": "9999-12-31"}])
    def test_may_be_the_last_that_there_are(
        self, api: APIClient, owner: Owner, first: dict[str, str]
    ) -> None:
        photo = taken(owner)

        answer = api.post(SEARCH, {**first, "until": "9999-12-31"})

        assert answer.status_code == 200, answer.content
        assert ids(answer) == ([] if first.get("since") == "9999-12-31" else [photo.pk])


class TestMistakes:
    @pytest.mark.parametrize("mistake", WRONG)
    def test_are_told_with_the_field(self, api: APIClient, mistake: str) -> None:
        body, field = WRONG[mistake]

        answer = api.post(SEARCH, body)

        assert answer.status_code == 422, answer.content
        told = answer.json()
        assert told["detail"]
        assert told["code"]
        if field:
            assert list(told["fields"]) == [field]

    def test_of_two_questions_none_is_chosen(self, api: APIClient) -> None:
        answer = api.get(SEARCH, {"q": ["Anna", "Ben"]})

        assert (answer.status_code, answer.json()["fields"]) == (
            422,
            {"q": ["Give it once: it has one value."]},
        )

    def test_somebody_elses_person_looks_like_nobody(self, api: APIClient) -> None:
        theirs = make_person(owner=make_owner())

        for key in (theirs.pk, theirs.pk + 1000):
            answer = api.post(SEARCH, {"person_ids": [key]})
            assert answer.status_code == 404
            assert answer.json()["code"] == "person_missing"


class TestSearchLog:
    def test_notes_what_was_asked_without_its_words(self, api: APIClient, owner: Owner) -> None:
        make_person(owner=owner, name="Anna")

        api.post(SEARCH, {"q": "Anna in 2023", "faces": "1"})

        noted = AskedSearch.objects.get()
        assert (noted.parts, noted.filters, noted.word_count, noted.text) == (
            ["dates", "people"], ["faces"], 3, "",
        )  # fmt: skip
        assert noted.found == 0

    def test_keeps_the_words_where_it_is_told_to(self, api: APIClient, settings: Any) -> None:
        settings.SEARCH_LOG_TEXT = True

        api.post(SEARCH, {"q": "in 2023"})

        assert AskedSearch.objects.get().text == "in 2023"


class TestObjects:
    def test_photos_are_found_by_their_things(
        self, api: APIClient, owner: Owner, models: None
    ) -> None:
        recipe = _detector()
        one, two = make_photo(owner=owner), make_photo(owner=owner)
        see(one, "cat", recipe)
        for x in (1.0, 50.0):
            see(two, "cat", recipe, x=x)
        DetectedObject.objects.filter(photo=one).update(confidence=0.4)

        by_object = "/api/v1/search/by-object"
        assert ids(api.post(by_object, {"objects": ["cat"]})) == [two.pk, one.pk]
        assert ids(api.get(by_object, {"objects": "cat:2"})) == [two.pk]
        assert ids(api.post(by_object, {"objects": ["cat"], "min_confidence": 0.5})) == [two.pk]
        assert api.post(by_object, {"objects": []}).status_code == 422

    def test_their_classes_are_listed_with_counts(
        self, api: APIClient, owner: Owner, models: None
    ) -> None:
        recipe = _detector()
        photo = make_photo(owner=owner)
        see(photo, "cat", recipe)
        see(photo, "cat", recipe, x=50.0)
        see(photo, "dog", recipe)
        see(make_photo(owner=make_owner()), "bird", recipe)

        answer = api.get("/api/v1/search/objects")

        assert answer.json()["results"] == [
            {"label": "cat", "photos": 1, "objects": 2},
            {"label": "dog", "photos": 1, "objects": 1},
        ]


class TestSuggesting:
    def test_tells_who_and_what_begins_so(self, api: APIClient, owner: Owner) -> None:
        anna = make_person(owner=owner, name="Anna", aliases=["Annie"])
        show(make_photo(owner=owner), anna)
        make_person(owner=make_owner(), name="Annabel")

        answer = api.get("/api/v1/search/suggest", {"q": "ann"})

        assert answer.json()["results"] == [{"kind": "people", "key": "Anna", "words": "Anna"}]
        assert api.get("/api/v1/search/suggest").status_code == 422


def _detector() -> str:

    return current_recipes()[OBJECTS]
