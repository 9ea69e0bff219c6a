"""Which models there are, and which one each role has."""

import json
import shutil
from typing import Any

import pytest

from photos import roles
from photos.errors import RepositoryBroken
from photos.models import Role, ServedModel
from tests.photos.repository import (
    ONE,
    TWO,
    model,
    repository,
)
from tests.tiny import Tiny

__all__ = ["repository"]  # fixtures
pytestmark = pytest.mark.django_db


class TestSync:
    def test_knows_each_model_by_its_folder(self, repository: Tiny) -> None:
        repository.write("face_embedder.buffalo_l.12", memory_bytes=7)

        synced = roles.sync(repository.folder)

        row = ServedModel.objects.get()
        assert synced == roles.Synced(["face_embedder.buffalo_l.12"], [], [])
        assert (row.role, row.pack, row.version) == ("face_embedder", "buffalo_l", 12)
        assert (row.memory_bytes, row.licences) == (7, ["MIT"])

    def test_takes_the_size_of_the_files_where_nobody_measured(self, repository: Tiny) -> None:
        repository.write(ONE, memory_bytes=None)

        roles.sync(repository.folder)

        files = (repository.folder / ONE / "1").iterdir()
        assert model(ONE).memory_bytes == sum(file.stat().st_size for file in files)

    def test_twice_changes_nothing_but_what_was_measured(self, repository: Tiny) -> None:
        repository.write(ONE, memory_bytes=7)
        roles.sync(repository.folder)
        model(ONE).pin(pinned=True)
        repository.write(ONE, memory_bytes=8)

        roles.sync(repository.folder)

        row = ServedModel.objects.get()
        assert (row.memory_bytes, row.pinned) == (8, True)

    @pytest.mark.parametrize(
        ("names", "first"),
        [
            (["face_embedder.abc.1", ONE], ONE),
            ([ONE, TWO], TWO),
            (["face_embedder.b.1", "face_embedder.a.1"], "face_embedder.a.1"),
        ],
    )
    def test_gives_a_role_its_first_model(
        self, repository: Tiny, names: list[str], first: str
    ) -> None:
        for name in names:
            repository.write(name)

        roles.sync(repository.folder)

        assert roles.active_models() == {"face_embedder": first}

    def test_leaves_a_role_the_model_it_has(self, repository: Tiny) -> None:
        repository.write(ONE)
        roles.sync(repository.folder)
        repository.write(TWO)

        roles.sync(repository.folder)

        assert roles.active_models() == {"face_embedder": ONE}

    def test_forgets_what_is_gone_unless_a_role_has_it(self, repository: Tiny) -> None:
        for name in (ONE, TWO, "object_detector.packaged.1"):
            repository.write(name)
        roles.sync(repository.folder)
        for name in (ONE, TWO):
            shutil.rmtree(repository.folder / name)

        synced = roles.sync(repository.folder)

        assert synced.gone == [ONE]
        assert roles.active_models()["face_embedder"] == TWO

    def test_keeps_what_an_export_is_replacing_at_this_moment(self, repository: Tiny) -> None:
        for name in (ONE, TWO):
            repository.write(name)
        roles.sync(repository.folder)
        model(ONE).pin(pinned=True)
        unfinished = repository.folder / ONE / ".unfinished-x"
        unfinished.mkdir()
        version = (repository.folder / ONE / "1").rename(unfinished / "old")

        between = roles.sync(repository.folder)
        version.rename(repository.folder / ONE / "1")
        after = roles.sync(repository.folder)

        assert (between.models, between.gone, after.models) == ([TWO], [], [ONE, TWO])
        assert model(ONE).pinned

    def test_remembers_which_model_was_before_one_that_is_being_replaced(
        self, repository: Tiny
    ) -> None:
        for name in (ONE, TWO):
            repository.write(name)
        roles.sync(repository.folder)
        roles.activate(model(ONE))
        (repository.folder / TWO / "1").rename(repository.folder / TWO / ".unfinished-x")

        roles.sync(repository.folder)

        assert Role.objects.get().previous == model(TWO)

    @pytest.mark.parametrize("copy", ["1.old", "1 (copy)", "old", "²"])
    def test_takes_no_copy_of_a_version_for_one(self, repository: Tiny, copy: str) -> None:
        repository.write(ONE, memory_bytes=7)
        shutil.copytree(repository.folder / ONE / "1", repository.folder / ONE / copy)
        repository.write(ONE, memory_bytes=8)

        synced = roles.sync(repository.folder)

        assert synced == roles.Synced([ONE], [], [])
        assert model(ONE).memory_bytes == 8

    @pytest.mark.parametrize(
        ("weights", "licences"),
        [(["tiny.onnx"], []), (None, []), ([{}, 7, {"licence": "MIT"}], ["MIT", "unknown"])],
    )
    def test_shows_the_licences_that_a_manifest_names(
        self, repository: Tiny, weights: object, licences: list[str]
    ) -> None:
        repository.write(ONE)
        manifest = {"role": "face_embedder", "version": 1, "weights": weights}
        (repository.folder / ONE / "manifest.json").write_text(json.dumps(manifest))

        roles.sync(repository.folder)

        assert model(ONE).licences == licences

    def test_does_not_see_what_is_not_built(self, repository: Tiny) -> None:
        for name in (ONE, TWO):
            repository.write(name)
        (repository.folder / TWO / "1" / "built.json").unlink()

        assert roles.sync(repository.folder).models == [ONE]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("{", f"{TWO}/manifest.json: Expecting property name"),
            ("[]", f"{TWO}/manifest.json: it is no JSON object."),
            ('{"role": "face_embedder", "version": 1}', f"{TWO}/manifest.json: it is of"),
        ],
    )
    def test_says_what_is_broken_and_goes_on(
        self, repository: Tiny, content: str, said: str
    ) -> None:
        for name in (ONE, TWO):
            repository.write(name)
        (repository.folder / TWO / "manifest.json").write_text(content)

        synced = roles.sync(repository.folder)

        [sentence] = synced.broken
        assert sentence.startswith(said)
        assert synced.models == [ONE]

    @pytest.mark.parametrize("name", ["face_embedder", "a.b", "Face.packaged.1", "a.b.0", "a..1"])
    def test_takes_no_folder_of_another_name(self, repository: Tiny, name: str) -> None:
        repository.write(ONE)
        shutil.copytree(repository.folder / ONE, repository.folder / name)

        synced = roles.sync(repository.folder)

        assert synced.broken == [f"{name}: the folder is not named ROLE.PACK.VERSION."]

    def test_refuses_a_folder_without_models(self, repository: Tiny) -> None:
        repository.write(ONE)
        roles.sync(repository.folder)

        with pytest.raises(RepositoryBroken, match="MODEL_REPOSITORY"):
            roles.sync(repository.folder / "elsewhere")

        assert ServedModel.objects.get().name == ONE


class TestActiveModels:
    @pytest.mark.parametrize("count", [1, 3])
    def test_costs_one_query(
        self, repository: Tiny, django_assert_num_queries: Any, count: int
    ) -> None:
        for number in range(count):
            repository.write(f"role_{number}.packaged.1")
        roles.sync(repository.folder)

        with django_assert_num_queries(1):
            found = roles.active_models()

        assert len(found) == count
