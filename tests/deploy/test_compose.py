"""What the Compose files promise, read from them: no Docker engine is needed for that."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.stack import CHECKOUT, web_server
from tests.deploy.composed import LOCAL, MAIN, ONCE, OVER, PROD, Service, composed, production, read
from tests.deploy.composed import services as services_of
from tests.deploy.tools import fits

GIVEN = {
    "WORKER_SERVER": "https://photos.example",
    "ALLOWED_HOSTS": "photos.example",
    "PUBLIC_URL": "https://photos.example",
}
ALL = sorted(services_of())
OURS = ("web", "worker", "grpc", "migrate", "bucket")
SETTINGS = (CHECKOUT / "docs/settings.md").read_text() + (CHECKOUT / ".env.example").read_text()
INSIDE = {"postgres", "triton", "triton-gpu", "prometheus", "migrate"}  # out of anybody's reach


def secrets_of(service: Service) -> set[str]:
    listed = service.get("secrets", [])
    return {each if isinstance(each, str) else each["source"] for each in listed}


@pytest.fixture(params=ALL)
def service(request: pytest.FixtureRequest) -> Service:
    return services_of()[request.param]


class TestTheFiles:
    @pytest.mark.parametrize("file", [MAIN, LOCAL, PROD, OVER], ids=lambda file: file.name)
    def test_fit_the_schema_of_compose(self, file: Path, tmp_path: Path) -> None:
        copy = tmp_path / file.name  # the schema's reader does not know the tags
        copy.write_text(yaml.safe_dump(read(file)))

        assert fits("vendor.compose-spec", copy) == ""

    def test_name_nothing_that_is_not_there(self) -> None:
        whole = composed()
        for name, service in whole["services"].items():
            volumes = {each.partition(":")[0] for each in service.get("volumes", [])}
            named = {each for each in volumes if not each.startswith(".")}
            assert named <= set(whole["volumes"]), name
            assert secrets_of(service) <= set(whole["secrets"]), name
            assert set(service.get("networks", [])) <= set(whole["networks"]), name
            assert set(service.get("depends_on", {})) <= set(whole["services"]), name

    @pytest.mark.parametrize("profile", ["cpu", "gpu"])
    def test_wait_for_nobody_who_does_not_come(self, profile: str) -> None:
        come = {name: each for name, each in services_of().items() if profile in each["profiles"]}

        assert {"web", "worker", "grpc", "postgres", "migrate", "models"} < set(come)
        assert len([name for name in come if name.startswith("triton")]) == 1
        for service in come.values():
            assert set(service.get("depends_on", {})) <= set(come)


class TestEachService:
    def test_may_do_little(self, service: Service) -> None:
        user, *_ = service["user"].split(":")

        assert int(user) > 0
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & set(service)

    @pytest.mark.parametrize("name", sorted(set(ALL) - ONCE))
    def test_has_limits_and_is_asked_whether_it_is_alive(self, name: str) -> None:
        service = services_of()[name]

        assert {"cpus", "memory", "pids"} == set(service["deploy"]["resources"]["limits"])
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["restart"] == "unless-stopped"

    @pytest.mark.parametrize("name", sorted(ONCE))
    def test_that_is_done_once_is_not_started_again(self, name: str) -> None:
        assert services_of()[name]["restart"] == "no"

    def test_writes_to_volumes_that_have_names(self, service: Service) -> None:
        mounted = [each for each in service.get("volumes", []) if each.startswith((".", "/"))]

        assert all(each.endswith(":ro") for each in mounted)

    @pytest.mark.parametrize("name", sorted(INSIDE))
    def test_that_is_for_the_others_alone_is_not_published(self, name: str) -> None:
        service = services_of()[name]

        assert list(service["networks"]) == ["inside"]
        assert "ports" not in service
        assert composed()["networks"]["inside"]["internal"] is True

    def test_is_published_to_this_machine_alone(self, service: Service) -> None:
        assert all(each.startswith("127.0.0.1:") for each in service.get("ports", []))

    def test_has_its_secrets_in_files(self, service: Service) -> None:
        told = service.get("environment", {})
        secret = re.compile(r"PASSWORD|SECRET|TOKEN|ACCESS_KEY")

        assert all(name.endswith("_FILE") for name in told if secret.search(name))
        files = [value for name, value in told.items() if name.endswith("_FILE")]
        secrets = [each for each in files if each.startswith("/run/secrets/")]
        assert {Path(each).name for each in secrets} <= secrets_of(service)


class TestOurOwn:
    @pytest.mark.parametrize("name", OURS)
    def test_are_told_settings_that_there_are(self, name: str) -> None:
        known = {*re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", SETTINGS), "TMPDIR"}

        told = set(services_of()[name]["environment"])

        assert {each.removesuffix("_FILE") if each not in known else each for each in told} <= known

    def test_run_as_on_a_bare_machine(self) -> None:
        web = services_of()["web"]
        here = [each for each in web_server(8000)[3:] if not each.startswith("--bind")]

        assert web["command"][:2] == ["gunicorn", "config.wsgi"]
        assert set(here[1:]) <= set(web["command"])
        assert web["environment"]["DATABASE_POOL"] == "true"
        assert "DATABASE_POOL" not in services_of()["worker"]["environment"]

    def test_see_the_files_of_each_other(self) -> None:
        volumes = {name: set(services_of()[name]["volumes"]) for name in OURS}

        shared = {"data:/data", "models:/models"}
        assert volumes.pop("web") == shared | {"backups:/backups"}
        assert all(each == shared for each in volumes.values())

    def test_make_backups_into_a_folder_of_the_callers(self) -> None:
        web = services_of(BACKUPS="/mnt/nas/kindred")["web"]

        assert "/mnt/nas/kindred:/backups" in web["volumes"]


class TestLocally:
    def test_a_worker_of_another_server_has_its_name(self) -> None:
        worker = services_of(LOCAL, **GIVEN)["worker"]

        assert worker["command"] == ["python", "run_worker.py"]
        assert worker["environment"]["WORKER_SERVER"] == "https://photos.example"

    def test_it_says_what_is_missing(self) -> None:
        with pytest.raises(KeyError, match=r"WORKER_SERVER: such as https://"):
            services_of(LOCAL)

    def test_takes_its_services_from_the_main_file(self) -> None:
        for name, service in read(LOCAL)["services"].items():
            assert service["extends"] == {"file": "docker-compose.yml", "service": name}
        assert set(read(LOCAL)["services"]) <= set(ALL)


class TestInProduction:
    def test_it_is_behind_tls(self) -> None:
        for name in ("web", "worker", "grpc"):
            told: dict[str, Any] = production(**GIVEN)[name]["environment"]
            assert told["HTTPS"] == "true"
            assert told["ALLOWED_HOSTS"] == "photos.example,127.0.0.1,web"
            assert told["DATABASE_URL"] == services_of()[name]["environment"]["DATABASE_URL"]

    @pytest.mark.parametrize("name", ["ALLOWED_HOSTS", "PUBLIC_URL"])
    def test_it_says_what_is_missing(self, name: str) -> None:
        with pytest.raises(KeyError, match=f"{name}: "):
            production(**{each: value for each, value in GIVEN.items() if each != name})

    def test_it_is_the_same_project(self) -> None:
        """Its volumes, and what `docker compose exec` speaks to: an included file gives no name."""
        assert read(PROD)["name"] == read(MAIN)["name"] == "kindred"

    def test_it_changes_only_services_that_there_are(self) -> None:
        assert set(services_of(OVER, **GIVEN)) <= set(ALL)
