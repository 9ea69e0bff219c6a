"""What remote workers are given, and what follows from what they send."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings

from faces.services import FoundFaces
from inference.configs import DescribedModels
from inference.errors import InferenceNotReady
from inference.roles import FACE_EMBEDDER
from jobs.active import Making
from jobs.errors import FindingsInvalid
from jobs.given import Given
from jobs.operations import configured_recipes
from jobs.remote.wire import Reading, findings_to_json
from search.services import SeenPhoto
from search.spaces import SEARCHED
from search.vocabulary import load
from tests.factories import unit
from tests.heads import HEAD, make_repository
from tests.heads import SPACE as HEAD_SPACE
from tests.jobs.remote import (
    HEIGHT,
    WIDTH,
    encoded,
    face,
)
from tests.jobs.wired import (
    numbers,
)
from tests.pictures import jpeg
from tests.served import FACE_EMBEDDER as SERVED
from tests.served import IMAGE_ENCODER


class TestFacesBehindAHead:
    """The server can't make the embedder's vectors of the head's: both are sent."""

    @pytest.fixture
    def reading(self, tmp_path: Path) -> Reading:
        """With the real embedder, and a head for it."""
        folder = make_repository(tmp_path)
        active = {role: f"{role}.packaged.1" for role in ("face_detector", "face_embedder")}
        active["face_matcher"] = HEAD
        vocabulary = load(django_settings.VOCABULARY_DIR)
        recipes = configured_recipes(active, vocabulary)
        making = Making(DescribedModels(folder), folder, active, vocabulary, recipes)
        return Reading(WIDTH, HEIGHT, making)

    def test_are_the_same_there_and_back(self, reading: Reading) -> None:
        own, moved = numbers(1, dimension=512), numbers(0, 1, dimension=512)
        sent = {"space": HEAD_SPACE, "faces": [face(vector=moved, own_vector=own)]}

        found = reading.findings("faces", Given(sent))

        assert isinstance(found, FoundFaces)
        assert [each.role for each in found.identities] == ["face_embedder", "face_matcher"]
        again = findings_to_json(found)
        assert again["space"] == HEAD_SPACE
        [both] = [(each["own_vector"], each["vector"]) for each in again["faces"]]
        assert both == (own, moved)

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({}, "own_vector: it is missing"),
            ({"own_vector": numbers(1)}, "own_vector: give 512 numbers"),
            ({"own_vector": numbers(1, dimension=512), "vector": ""}, "vector: give 512 numbers"),
        ],
    )
    def test_need_both_vectors(self, reading: Reading, changes: dict[str, Any], says: str) -> None:
        wrong = {"space": HEAD_SPACE, "faces": [face(**changes)]}

        with pytest.raises(FindingsInvalid, match=rf"^faces\[0\]\.{says}"):
            reading.findings("faces", Given(wrong))

    def test_need_the_space_of_the_head(self, reading: Reading) -> None:
        with pytest.raises(FindingsInvalid, match=f"must be of {HEAD_SPACE}"):
            reading.findings("faces", Given({"space": "face_embedder:0:1", "faces": []}))


class TestPhotosThatFollow:
    """Two vectors of a photo are sent while photos are searched in another encoder's space."""

    SPACES = ("image_encoder:new:1", "image_encoder:old:1")

    @pytest.fixture
    def reading(self, tmp_path: Path) -> Reading:
        active = {"image_encoder": "image_encoder.new.1", SEARCHED: "image_encoder.old.1"}
        for name, space in zip(active.values(), self.SPACES, strict=True):
            (tmp_path / name).mkdir()
            built = django_settings.MODEL_REPOSITORY / IMAGE_ENCODER.name / "config.pbtxt"
            config = built.read_text()
            own = DescribedModels(django_settings.MODEL_REPOSITORY).identity(IMAGE_ENCODER).space
            (tmp_path / name / "config.pbtxt").write_text(config.replace(own, space))
        vocabulary = load(django_settings.VOCABULARY_DIR)
        recipes = configured_recipes(active, vocabulary)
        making = Making(DescribedModels(tmp_path), tmp_path, active, vocabulary, recipes)
        return Reading(WIDTH, HEIGHT, making)

    def test_are_the_same_there_and_back(self, reading: Reading) -> None:
        new, old = self.SPACES
        sent = {
            "space": new,
            "vector": numbers(1),
            "searched": {"space": old, "vector": numbers(0, 1)},
        }

        found = reading.findings("embedding", Given(sent))

        assert isinstance(found, SeenPhoto)
        assert [identity.space for identity, _ in found.looks] == [new, old]
        np.testing.assert_array_equal(found.vector, unit(1, dimension=384))
        assert findings_to_json(found) == sent

    @pytest.mark.parametrize(
        ("searched", "says"),
        [
            (None, "searched: it is missing"),
            ({"space": SPACES[0], "vector": ""}, "searched.space: the vectors must be of"),
            ({"space": SPACES[1], "vector": ""}, "searched.vector: give 384 numbers"),
        ],
    )
    def test_need_both_vectors(self, reading: Reading, searched: Any, says: str) -> None:
        sent = {"space": self.SPACES[0], "vector": numbers(1)}
        if searched:
            sent["searched"] = searched

        with pytest.raises(FindingsInvalid, match=f"^{says}"):
            reading.findings("embedding", Given(sent))


class TestGiven:
    def test_keeps_a_box_that_reaches_the_photos_edges(self) -> None:
        box = Given([0, 0, WIDTH, HEIGHT]).box(WIDTH, HEIGHT)

        assert (box.x, box.y, box.width, box.height) == (0, 0, WIDTH, HEIGHT)

    def test_keeps_a_vector_exactly(self) -> None:
        vector = np.asarray(unit(0.1, 0.2, 0.3), np.float32)

        assert (Given(encoded(vector)).vector(8) == vector).all()

    @pytest.mark.parametrize("value", [10**400, float("nan"), -float("inf"), "1", None, [1]])
    def test_takes_no_number_that_is_none(self, value: Any) -> None:
        with pytest.raises(FindingsInvalid, match="place: give a number"):
            Given(value, "place").number(0, 10)

    def test_keeps_a_jpeg_as_it_is(self) -> None:
        data = jpeg(width=20, height=10)

        assert Given(base64.b64encode(data).decode()).jpeg(side=20) == data


class TestDescribedModels:
    def test_know_a_model_as_its_server_does(self, triton: Any) -> None:
        described = DescribedModels(django_settings.MODEL_REPOSITORY)

        assert described.identity(SERVED) == triton.identity(SERVED)

    def test_name_the_model_that_is_not_there(self) -> None:
        described = DescribedModels(django_settings.MODEL_REPOSITORY)

        with pytest.raises(InferenceNotReady, match=r"face_embedder\.none\.1: its configuration"):
            described.identity(FACE_EMBEDDER.at("face_embedder.none.1"))

    def test_run_nothing(self) -> None:
        with pytest.raises(InferenceNotReady):
            DescribedModels(django_settings.MODEL_REPOSITORY).infer(SERVED)
