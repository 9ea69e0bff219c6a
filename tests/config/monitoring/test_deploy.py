"""The files for Prometheus and Grafana: they name nothing that is not there."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.monitoring import document
from local.stack import CHECKOUT

FOLDER = CHECKOUT / "deploy/monitoring"
ALERTS = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))
DASHBOARD = json.loads((FOLDER / "grafana-dashboard.json").read_text("utf-8"))
RULES = [rule for group in ALERTS["groups"] for rule in group["rules"]]
# Of Triton 24.09, and of Prometheus itself.
OTHERS = {
    "nv_gpu_utilization",
    "nv_inference_count",
    "nv_inference_exec_count",
    "nv_inference_queue_duration_us",
    "nv_inference_request_success",
    "up",
}
PROMTOOL = shutil.which("promtool")


def questions() -> Iterator[str]:
    yield from (rule["expr"] for rule in RULES)
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def named(question: str) -> set[str]:
    """The series that it asks for."""
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]|\"[^\"]*\"", "", question)
    return set(re.findall(r"\b(?:kindred_|nv_)[a-z0-9_]+\b|\bup\b", bare))


@pytest.mark.django_db
class TestQuestions:
    def test_are_about_what_is_there(self, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"
        known = document.names() | OTHERS

        asked = set[str]().union(*map(named, questions()))

        assert asked - known == set()
        assert asked >= OTHERS

    def test_ask_for_everything_somewhere(self, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"
        asked = set[str]().union(*map(named, questions()))
        bases = {re.sub("_(bucket|sum|count)$", "", name) for name in asked}

        there = {re.sub("_(bucket|sum|count)$", "", name) for name in document.names()}

        assert there - bases == set()


class TestAlerts:
    def test_say_what_is_wrong_and_how_bad_it_is(self) -> None:
        for rule in RULES:
            assert rule["labels"]["severity"] in {"warning", "critical"}
            assert rule["annotations"]["summary"].endswith((".", ").", "}}."))
        assert len({rule["alert"] for rule in RULES}) == len(RULES)

    @pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: apt install prometheus")
    @pytest.mark.parametrize(
        "words", [("rules", "alerts.yml"), ("config", "--syntax-only", "prometheus.yml")]
    )
    def test_are_taken_by_prometheus(self, words: tuple[str, ...]) -> None:
        assert PROMTOOL
        command = [PROMTOOL, "check", *words]

        ran = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)  # noqa: S603  # a tool for it

        assert ran.returncode == 0, ran.stdout + ran.stderr


class TestDashboard:
    @pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: apt install prometheus")
    def test_asks_what_prometheus_understands(self, tmp_path: Path) -> None:
        asked = [
            target["expr"].replace("$__rate_interval", "5m")
            for panel in DASHBOARD["panels"]
            for target in panel["targets"]
        ]
        rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
        file = tmp_path / "rules.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
        assert PROMTOOL

        ran = subprocess.run(  # noqa: S603  # a tool for it
            [PROMTOOL, "check", "rules", str(file)], capture_output=True, text=True, check=False
        )

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"{len(asked)} rules found" in ran.stdout

    def test_has_each_panel_in_a_place_of_its_own(self) -> None:
        places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in DASHBOARD["panels"]]

        assert len(set(places)) == len(places)
        assert len({each["id"] for each in DASHBOARD["panels"]}) == len(places)
        assert all(
            each["gridPos"]["x"] + each["gridPos"]["w"] <= 24 for each in DASHBOARD["panels"]
        )
