from pathlib import Path

import pytest

from local import LocalError
from local.stack import CHECKOUT, CommandFailed, Service, Surroundings, built_models


def make_model(repository: Path, name: str, *, built: bool = True) -> None:
    (repository / name / "1").mkdir(parents=True)
    (repository / name / "config.pbtxt").touch()
    if built:
        (repository / name / "1" / "model.onnx").touch()


class TestBuiltModels:
    def test_are_those_that_have_a_config(self, tmp_path: Path) -> None:
        make_model(tmp_path, "b")
        make_model(tmp_path, "a")
        (tmp_path / "notes").mkdir()

        assert built_models(tmp_path) == ["a", "b"]

    def test_must_all_be_built(self, tmp_path: Path) -> None:
        make_model(tmp_path, "a", built=False)
        make_model(tmp_path, "b")

        with pytest.raises(LocalError, match=r"These models are not built: a in .*`make models`"):
            built_models(tmp_path)

    def test_must_be_some(self, tmp_path: Path) -> None:
        with pytest.raises(LocalError, match=r"No models in .*: run `make models`"):
            built_models(tmp_path)


class TestSurroundings:
    def test_are_below_var_where_nothing_else_is_said(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("VAR_DIR", "DATABASE_URL", "DATABASE_NAME", "TRITON_URL", "MODEL_REPOSITORY"):
            monkeypatch.setenv(name, "")

        found = Surroundings.read()

        repository = CHECKOUT / "model_repository"
        assert found == Surroundings(CHECKOUT / "var", "", "kindred", "", repository)

    def test_are_the_users_own_parts(self, tmp_path: Path) -> None:
        url = "postgresql://me@db.example/photos"
        found = Surroundings(tmp_path, url, "kindred", "triton.example:8001", tmp_path)

        with found.database_server() as server, found.model_server(tmp_path) as models:
            assert server == url
            assert (models.url, models.alive) == ("triton.example:8001", True)


class TestService:
    def test_is_a_web_server_with_a_pool_and_workers_without(self) -> None:
        web, worker = Service({"TRITON_URL": "here:1"}).commands(8123, restart_after_s=1)

        assert "--bind=127.0.0.1:8123" in web.arguments
        assert web.environment["DATABASE_POOL"] == "1"
        assert "DATABASE_POOL" not in worker.environment
        assert worker.environment["TRITON_URL"] == web.environment["TRITON_URL"] == "here:1"

    @pytest.mark.parametrize(("streams", "threads"), [("", 32), ("24", 32), ("500", 508)])
    def test_has_threads_for_others_than_those_that_wait(self, streams: str, threads: int) -> None:
        web, _ = Service({"EVENT_STREAMS": streams}).commands(8123, restart_after_s=1)

        assert f"--threads={threads}" in web.arguments

    def test_says_why_a_command_failed(self) -> None:
        with pytest.raises(CommandFailed) as caught:
            Service({}).manage("nonsense")

        assert caught.value.reason.startswith("Unknown command: 'nonsense'")
