"""Words as vectors in the space in which photos are searched."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import search.texts
from inference.arrays import Array
from inference.client import TritonClient
from inference.identity import ModelIdentity
from inference.spec import ModelSpec
from photos import roles
from photos.models import Role, ServedModel, Space
from photos.services import bare_space_of
from search.errors import ForeignVectors
from search.kept import Kept
from search.texts import encode
from tests.factories import DIMENSION, make_space, unit
from tests.search.changing import make_model
from tests.search.factories import TEXTS
from tests.served import IMAGE_ENCODER, TEXT_ENCODER, beside

pytestmark = pytest.mark.django_db


@dataclass
class Asked:
    """A client whose models say the same of all texts, and which remembers how many they were."""

    calls: list[tuple[str, int]] = field(default_factory=list)

    def infer(self, model: ModelSpec, **arrays: Array) -> dict[str, Array]:
        count = len(arrays["input_ids"])
        self.calls.append((model.name, count))
        return {"embedding": np.stack([unit(1)] * count)}

    def identity(self, model: ModelSpec) -> ModelIdentity:
        return TEXTS


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Text encoders of two packs with a real tokenizer; that of b is active."""
    for pack in ("a", "b"):
        model = make_model(pack, "text_encoder")
        make_model(pack)
        (tmp_path / model.name / "1").mkdir(parents=True)
        shutil.copy(beside(TEXT_ENCODER, "tokenizer.json"), tmp_path / model.name / "1")
    Role.objects.create(name="text_encoder", active=model)
    return tmp_path


def space(pack: str) -> Space:
    return make_space(name=f"image_encoder:{pack}:1", role="image_encoder")


class TestEncode:
    @pytest.mark.parametrize("pack", ["a", "b"])
    def test_asks_the_text_encoder_of_the_space_whichever_is_active(
        self, repository: Path, pack: str
    ) -> None:
        client = Asked()

        vectors = encode(["a dog", "two dogs"], space(pack), lambda: client, repository)

        assert vectors.shape == (2, DIMENSION)
        assert client.calls == [(f"text_encoder.{pack}.1", 2)]

    def test_prefers_the_active_one_of_several(self, repository: Path) -> None:
        newer = make_model("c", "text_encoder")
        newer.manifest = {"parameters": {"joint_space": "b:1"}}
        newer.save()
        client = Asked()

        encode(["a dog"], space("b"), lambda: client, repository)

        assert client.calls == [("text_encoder.b.1", 1)]

    def test_remembers_each_text_in_each_space(self, repository: Path) -> None:
        client, a, b = Asked(), space("a"), space("b")
        encode(["a dog", "a cat"], a, lambda: client, repository)

        again = encode(["a cat", "a cow", "a cat"], a, lambda: client, repository)
        encode(["a cat"], b, lambda: client, repository)

        assert again.shape == (3, DIMENSION)
        assert [count for _, count in client.calls] == [2, 1, 1]

    def test_asks_no_database_for_what_it_remembers(
        self, repository: Path, django_assert_num_queries: Any
    ) -> None:
        client, a = Asked(), space("a")
        encode(["a dog"], a, lambda: client, repository)

        with django_assert_num_queries(0):
            encode(["a dog"], a, lambda: client, repository)

    def test_forgets_what_was_used_least(
        self, repository: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(search.texts, "KEPT", Kept(2))
        client, a = Asked(), space("a")
        for text in ("one", "two", "one", "three"):
            encode([text], a, lambda: client, repository)

        encode(["one"], a, lambda: client, repository)
        encode(["two"], a, lambda: client, repository)

        assert [count for _, count in client.calls] == [1, 1, 1, 1]

    @pytest.mark.parametrize("role", ["text_encoder", "image_encoder"])
    def test_says_what_to_do_where_the_pack_has_gone(self, repository: Path, role: str) -> None:
        ServedModel.objects.filter(pack="a", role=role).delete()

        with pytest.raises(ForeignVectors, match=r"image_encoder:a:1.* model repository"):
            encode(["a dog"], space("a"), Asked, repository)

    def test_by_the_real_models_is_a_vector_of_the_photos_space(
        self, triton: TritonClient, settings: Any
    ) -> None:
        roles.sync(settings.MODEL_REPOSITORY)
        real = bare_space_of(triton.identity(IMAGE_ENCODER))

        dog, puppy, car = encode(
            ["a dog", "a puppy", "a car"], real, lambda: triton, settings.MODEL_REPOSITORY
        )

        assert dog.shape == (real.dimension,)
        assert np.linalg.norm(dog) == pytest.approx(1, abs=1e-3)
        assert dog @ puppy > dog @ car
