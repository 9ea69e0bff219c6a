"""`manage.py evaluate_people`, with the real models on real photos that ride in packages."""

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from inference import roles
from inference.configs import DescribedModels
from inference.errors import InferenceNotReady
from jobs.people_evaluation import FaceModels
from local.packages import CACHE
from local.photos import packaged_photos
from tests.export.exporting import need_built_models
from tests.heads import publish
from tests.pictures import jpeg

PEOPLE = {"obama": ("obama.jpg", "obama2.jpg", "obama3.jpg"), "biden": ("biden.jpg",)}
SPACE = "face_embedder:87aacdfe57510db2:1"
GROUP = "t1.jpg"  # six people


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `people` and `groups`."""
    if not CACHE.is_dir():
        pytest.skip("The packages with photos were not fetched: run `make test`.")
    found = {path.name: path for path in packaged_photos(tmp_path_factory.mktemp("packaged"))}
    folder = tmp_path_factory.mktemp("labelled")
    for person, names in PEOPLE.items():
        (folder / "people" / person).mkdir(parents=True)
        for name in names:
            shutil.copy(found[name], folder / "people" / person)
    (folder / "groups").mkdir()
    shutil.copy(found[GROUP], folder / "groups")
    return folder


@pytest.fixture
def served(triton_url: str, settings: Any) -> None:
    settings.TRITON_URL = triton_url


def run(*words: str | Path) -> str:
    shown = StringIO()
    call_command("evaluate_people", *map(str, words), stdout=shown)
    return shown.getvalue()


@pytest.mark.usefixtures("served")
class TestEvaluatePeople:
    def test_measures_all_methods_and_dual_mode(self, photos: Path) -> None:
        told = json.loads(run(photos / "people", "--groups", photos / "groups", "--json"))

        assert (told["photos"], told["faces"]) == (4, 4)
        assert (told["group_photos"], told["group_faces"]) == (1, 6)
        [trial] = told["trials"]
        assert trial["model"] == "face_embedder.packaged.1"
        scores = {each["way"]: each for each in trial["scores"]}
        assert list(scores) == ["agglomerative", "hdbscan", "dbscan", "dual"]
        assert {each["bcubed"]["f1"] for each in scores.values()} == {1.0}
        assert {each["false_merges"] for each in scores.values()} == {0}
        assert {each["blind_merges"] for each in scores.values()} == {0}

    def test_shows_a_table(self, photos: Path) -> None:
        lines = run(photos / "people").splitlines()

        assert lines[0] == "4 faces in 4 photos of people"
        [agglomerative] = [line for line in lines if "agglomerative" in line]
        assert "1.000  (1.000, 1.000)" in agglomerative
        assert agglomerative.rstrip("│ ").endswith("-")

    def test_measures_before_and_after_with_each_head_for_the_embedder(
        self, photos: Path, tmp_path: Path, settings: Any
    ) -> None:
        need_built_models()
        for model in settings.MODEL_REPOSITORY.glob("face_*.packaged.*"):
            shutil.copytree(model, tmp_path / model.name)
        settings.MODEL_REPOSITORY, settings.TRITON_URL = tmp_path, "127.0.0.1:9"  # it starts one
        nothing, ones = np.zeros((512, 512), np.float32), np.ones(512, np.float32)
        same = {"change.weight": nothing, "change.bias": nothing[0]}
        blind = {"change.weight": -np.eye(512, dtype=np.float32), "change.bias": ones}
        for head, takes in ((same, SPACE), (blind, SPACE), (same, "face_embedder:other:1")):
            publish(tmp_path, head, takes=takes, same_person_cosine=0.43)

        told = json.loads(run(photos / "people", "--groups", photos / "groups", "--json"))

        names = ["face_embedder.packaged.1", "face_matcher.tests.1", "face_matcher.tests.2"]
        assert [trial["model"] for trial in told["trials"]] == names
        before, alike, none = (trial["scores"] for trial in told["trials"])
        assert alike == before
        # Everybody is one to it; but a face is nobody's who is as like somebody else.
        assert [each["false_merges"] for each in none] == [3, 3, 3, 0]

    def test_names_a_photo_that_can_not_be_read(self, photos: Path, tmp_path: Path) -> None:
        shutil.copytree(photos / "people", tmp_path / "people")
        broken = tmp_path / "people" / "biden" / "broken.jpg"
        broken.write_bytes(jpeg()[:100])

        with pytest.raises(CommandError, match=r"broken\.jpg: "):
            run(tmp_path / "people")

    def test_names_a_pack_that_is_not_there(self, photos: Path) -> None:
        with pytest.raises(CommandError, match=r"^The pack 'gold' has no face_detector in "):
            run(photos / "people", "--pack", "gold")


class TestFolders:
    @pytest.mark.parametrize(
        "names",
        [[], ["anna.jpg", "ben.jpg"], ["anna/1.jpg", "ben/1.jpg"], ["anna/1.jpg", "anna/2.jpg"]],
    )
    def test_are_refused_without_two_people_to_tell_apart(
        self, names: list[str], tmp_path: Path
    ) -> None:
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(jpeg())

        with pytest.raises(CommandError, match=str(tmp_path)):
            run(tmp_path)

    def test_that_are_not_there_are_named(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"nowhere is not a folder\.$"):
            run(tmp_path / "nowhere")


class TestNewest:
    def test_is_the_one_of_the_highest_version(self, tmp_path: Path) -> None:
        for version in (2, 10):
            folder = tmp_path / f"face_detector.packaged.{version}"
            (folder / "1").mkdir(parents=True)
            manifest = {"role": "face_detector", "version": version}
            (folder / "manifest.json").write_text(json.dumps(manifest))
            (folder / "1" / "built.json").write_text("{}")
        models = FaceModels(DescribedModels(tmp_path), tmp_path, "packaged")

        assert models.newest(roles.FACE_DETECTOR).name == "face_detector.packaged.10"
        with pytest.raises(InferenceNotReady, match="face_embedder"):
            models.newest(roles.FACE_EMBEDDER)
