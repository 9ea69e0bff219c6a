"""`manage.py evaluate_search`, with the real models on real photos that ride in packages."""

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command

import search.relevance
import search.tagging
from local.packages import CACHE
from local.photos import packaged_photos
from photos import roles
from photos.models import Owner, Photo, Space
from search.kept import Kept
from tests.export.exporting import need_built_models
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
CAPTIONS = """image,caption
chelsea.png,A close-up of a tabby cat
coffee.png,A cup of espresso on a saucer
rocket.jpg,A rocket on its launch pad
"""


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not CACHE.is_dir():
        pytest.skip("The packages with photos were not fetched: run `make test`.")
    folder = tmp_path_factory.mktemp("packaged")
    packaged_photos(folder)
    return folder


@pytest.fixture
def folder(packaged: Path, tmp_path: Path) -> Path:
    """Three photos, and a caption of each."""
    for name in ("chelsea.png", "coffee.png", "rocket.jpg"):
        shutil.copy(packaged / name, tmp_path)
    (tmp_path / "captions.csv").write_text(CAPTIONS)
    return tmp_path


@pytest.fixture(scope="module")
def encoded() -> tuple[Kept[Any, Any], dict[Any, Any]]:
    """Words, once they have been encoded: that takes longest, and is not what is tried here."""
    return Kept(4), {}


@pytest.fixture
def served(
    triton_url: str,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    encoded: tuple[Kept[Any, Any], dict[Any, Any]],
) -> None:
    need_built_models()
    settings.TRITON_URL = triton_url
    roles.sync(settings.MODEL_REPOSITORY)
    words, taggers = encoded
    monkeypatch.setattr(search.relevance, "KEPT", words)
    monkeypatch.setattr(search.tagging, "_taggers", taggers)


def run(*words: str | Path) -> str:
    shown = StringIO()
    call_command("evaluate_search", *map(str, words), stdout=shown)
    return shown.getvalue()


@pytest.mark.usefixtures("served")
class TestEvaluateSearch:
    def test_asks_for_each_photo_in_each_way(self, folder: Path) -> None:
        told = json.loads(run("--data", folder, "--json"))

        assert (told["photos"], told["captions"]) == (3, 3)
        scores = {each["way"]: each for each in told["scores"]}
        assert list(scores) == ["likeness", "words", "both", "search"]
        assert scores["likeness"]["recall"] == {"1": 1.0, "5": 1.0, "10": 1.0}
        assert scores["likeness"]["median_rank"] == 1
        assert 0 <= scores["likeness"]["cut"] <= 1
        assert scores["words"]["cut"] is None

    def test_keeps_nothing(self, folder: Path) -> None:
        before = [list(each.objects.values()) for each in (Owner, Photo, Space)]

        run("--data", folder, "--json")

        assert [list(each.objects.values()) for each in (Owner, Photo, Space)] == before
        assert not Path(default_storage.path("")).exists()

    def test_shows_a_table(self, folder: Path) -> None:
        lines = run("--data", folder, "--limit", "2").splitlines()

        assert lines[0] == "2 captions, 2 photos; ± at 95 %"
        [likeness] = [line for line in lines if "likeness" in line]
        assert "1.000 ± 0.00" in likeness

    def test_takes_a_photo_that_is_there_twice_for_one(self, folder: Path) -> None:
        shutil.copy(folder / "coffee.png", folder / "again.png")
        (folder / "captions.csv").write_text(f"{CAPTIONS}again.png,Coffee in a cup\n")

        told = json.loads(run("--data", folder, "--json"))

        assert (told["photos"], told["captions"]) == (3, 4)

    def test_has_photos_of_its_own(self) -> None:
        if not CACHE.is_dir():
            pytest.skip("The packages with photos were not fetched: run `make test`.")

        told = json.loads(run("--json"))

        assert (told["photos"], told["captions"]) == (16, 30)
        [likeness, *_] = told["scores"]
        assert likeness["recall"]["1"] >= 0.4
        assert likeness["recall"]["5"] >= 0.8

    def test_names_a_photo_that_can_not_be_read(self, folder: Path) -> None:
        (folder / "coffee.png").write_bytes(jpeg()[:100])

        with pytest.raises(CommandError, match=r"coffee\.png: "):
            run("--data", folder)


class TestRefusal:
    def test_tells_what_is_wrong_with_the_folder(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"there is no captions\*\.json and no "):
            run("--data", tmp_path)

    @pytest.mark.parametrize("limit", ["0", "-1", "many", "1.5"])
    def test_wants_a_number_of_photos(self, limit: str, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="is no number of photos: give 1 or more"):
            run("--data", tmp_path, f"--limit={limit}")

    def test_says_what_to_do_where_there_are_no_models(
        self, triton_url: str, folder: Path, settings: Any
    ) -> None:
        settings.TRITON_URL = triton_url

        with pytest.raises(CommandError, match=r"run `manage\.py models sync`"):
            run("--data", folder)
