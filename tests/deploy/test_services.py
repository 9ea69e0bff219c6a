"""Each service of docker-compose.yml by its own command and healthcheck, without Docker.

What has no program on this machine is named, and stays untried: see docs/install.md.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import yaml

from local.album import Photo
from local.api import Api
from local.packages import fetch
from local.photos import FACE_RECOGNITION
from local.stack import CHECKOUT
from local.triton import ENVIRONMENT, LOOPBACK
from tests.deploy.composed import ONCE, services
from tests.deploy.house import SERVED, House, lived_in
from tests.s3 import served
from tests.served import are_built

RUN = {*SERVED, "postgres", "migrate"}
UNTRIED = {"triton-gpu", "models", "minio", "prometheus", "grafana"}
ASKED = sorted(RUN - ONCE)
PAGE = (Path(__file__).parents[2] / "docs/install.md").read_text()


@pytest.fixture(scope="module")
def house(open_folder: Path) -> Iterator[House]:
    if not (are_built() and ENVIRONMENT.exists()):
        pytest.skip("The models or Triton are not there: run `make setup`.")
    with lived_in(open_folder / "house") as found:
        yield found


class TestAHealthcheck:
    @pytest.mark.parametrize("name", ASKED)
    def test_passes_while_its_service_runs(self, house: House, name: str) -> None:
        done = house.healthy(name)

        assert (done.returncode, done.stderr) == (0, "")

    @pytest.mark.parametrize("name", ASKED)
    def test_fails_where_nobody_is(self, house: House, name: str, tmp_path: Path) -> None:
        empty = House.within(tmp_path / "empty")

        assert empty.healthy(name).returncode != 0


class TestTheServices:
    def test_that_were_not_run_are_named_in_the_documents(self) -> None:
        assert RUN | UNTRIED | {"bucket"} == set(services())
        [said] = re.findall(r"^Not run here: (.*?)\.$", PAGE, re.MULTILINE | re.DOTALL)
        assert set(re.findall(r"`([a-z-]+)`", said)) == UNTRIED

    def test_together_find_a_face(self, house: House, tmp_path: Path) -> None:
        words = ["python", "manage.py", "createsuperuser", "--no-input"]
        who = ["--username=admin", "--email=a@example.org"]
        made = house.run("web", [*words, *who])
        assert made.returncode == 0, made.stderr
        key = house.run("web", ["python", "manage.py", "api_key", "mine", "--user=admin"])
        [photo] = fetch(FACE_RECOGNITION, ["*/test_images/obama.jpg"], tmp_path)

        api = Api(f"http://{LOOPBACK}:{house.ports['8000']}", key.stdout.strip())
        sent = Photo(photo.name, photo)

        found = api.result(sent, api.submit(sent), tend=lambda: None)

        assert (len(found.faces), found.error) == (1, None)

    def test_know_no_setting_of_this_process(self, house: House) -> None:
        show = "import json; from django.conf import settings as s; print(json.dumps(str(s.VAR)))"

        said = house.run("web", ["python", "manage.py", "shell", "--no-imports", "-c", show])

        assert json.loads(said.stdout) == str(house.folder / "data")


class TestWhoWatches:
    def test_is_let_in_by_the_name_that_prometheus_asks(self, house: House) -> None:
        config = yaml.safe_load((CHECKOUT / "deploy/monitoring/prometheus.yml").read_text())
        [job] = [each for each in config["scrape_configs"] if each["job_name"] == "kindred"]
        [[host]] = [each["targets"] for each in job["static_configs"]]
        token = (house.folder / "run/secrets/metrics_token").read_text().strip()

        answer = httpx2.get(
            f"http://{LOOPBACK}:{house.ports['8000']}{job['metrics_path']}",
            headers={"Host": host, "Authorization": f"Bearer {token}"},
        )

        assert answer.status_code == 200, answer.text[:200]
        assert "kindred_database_up 1.0" in answer.text

    def test_sees_the_model_server_from_the_web_server(self, house: House) -> None:
        told = house.variables("web")["TRITON_METRICS_URL"]

        assert "nv_inference_count" in httpx2.get(told).text


class TestABackup:
    def test_is_made_and_read_in_the_web_server(self, house: House) -> None:
        for more in ([], ["--verify"]):
            done = house.run("web", ["python", "manage.py", "backup", "/backups", *more])
            assert done.returncode == 0, done.stderr

        [snapshot] = (house.folder / "backups/snapshots").iterdir()
        assert (snapshot / "database.dump").stat().st_size > 0


class TestTheBucket:
    def test_is_made_once(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        with served() as url:
            ours = {"ANNOTATED_S3_BUCKET": "annotated", "ANNOTATED_S3_ENDPOINT": url}
            told = house.variables("bucket") | ours
            monkeypatch.setattr(House, "variables", lambda *_: told)
            first, second = (house.run("bucket") for _ in range(2))

        assert (first.returncode, first.stdout) == (0, "annotated: made\n"), first.stderr
        assert second.stdout == "annotated: was there\n"

    def test_is_none_where_pictures_are_files(self, house: House) -> None:
        done = house.run("bucket")

        assert done.stdout.startswith("Annotated pictures are files here")

    def test_that_can_not_be_asked_for_is_said(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        nobody = {"ANNOTATED_S3_BUCKET": "a", "ANNOTATED_S3_ENDPOINT": f"http://{LOOPBACK}:9"}
        told = house.variables("bucket") | nobody
        monkeypatch.setattr(House, "variables", lambda *_: told)

        done = house.run("bucket")

        assert done.returncode == 1
        assert "gives no answer, or refuses" in done.stderr
