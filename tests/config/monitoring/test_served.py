"""Metrics of the real web server, beside those of a command of its own."""

import string
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from local.processes import Child, Command, wait_until
from local.stack import CHECKOUT, web_server
from local.triton import LOOPBACK, free_ports
from photos.models import Owner
from tests.database import database_url
from tests.factories import make_key

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "a token of more than sixteen letters"  # noqa: S105  # of these tests alone
PATIENCE_S = 60.0


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "1",
        "SECRET_KEY": "not a secret, but " + string.ascii_letters,
        "METRICS_DIR": str(tmp_path / "metrics"),
        "METRICS_TOKEN": TOKEN,
        "TRITON_URL": "127.0.0.1:9",
    }


@pytest.fixture
def url(variables: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """Where the web server answers."""
    port, *_ = free_ports()
    where = f"http://{LOOPBACK}:{port}"
    with (tmp_path / "log").open("wb") as log:
        child = Child(Command("web", web_server(port), variables, CHECKOUT), log)
    try:
        wait_until(lambda: answers(where), timeout_s=PATIENCE_S, alive=lambda: child.alive)
        yield where
    finally:
        child.stop()


def answers(where: str) -> bool:
    try:
        return httpx2.get(f"{where}/livez").status_code == 200
    except httpx2.HTTPError:
        return False


def told(where: str) -> dict[str, float]:
    answer = httpx2.get(f"{where}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    return {
        f"{sample.name} {' '.join(sorted(sample.labels.values()))}".strip(): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


class TestWebServer:
    def test_counts_what_it_answers(self, url: str, owner: Owner) -> None:
        key = {"X-API-Key": make_key(user=owner.user)[1]}
        for _ in range(3):
            assert httpx2.get(f"{url}/api/v1/jobs/", headers=key).status_code == 200

        found = told(url)

        assert found["kindred_http_requests_total 200 GET job-list web"] == 3
        assert found["kindred_http_request_seconds_count job-list web"] == 3
        assert found["kindred_database_pool open web"] >= 1
        assert found["kindred_database_up"] == 1
        assert found["kindred_check_ok models"] == 0

    def test_tells_nobody_else(self, url: str) -> None:
        assert httpx2.get(f"{url}/metrics").status_code == 401

    def test_has_what_other_programs_count(
        self, url: str, variables: dict[str, str], tmp_path: Path
    ) -> None:
        port, *_ = free_ports()
        words = [sys.executable, "manage.py", "grpc_server", f"--address={LOOPBACK}:{port}"]
        with (tmp_path / "grpc.log").open("wb") as log:
            child = Child(Command("grpc", words, variables, CHECKOUT), log)
        try:
            folder = Path(variables["METRICS_DIR"])
            wait_until(
                lambda: "kindred_items_swept_total grpc" in told(url),
                timeout_s=PATIENCE_S,
                alive=lambda: child.alive,
            )
        finally:
            child.stop()

        assert {each.name for each in folder.iterdir()} == {"web", "grpc"}
        assert told(url)["kindred_items_swept_total grpc"] == 0
