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
NEEDS_PROMTOOL = pytest.mark.skipif(
    PROMTOOL is None, reason="promtool is not here: apt install prometheus"
)


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run(  # noqa: S603  # a tool for these files
        [PROMTOOL, *words], cwd=FOLDER, capture_output=True, text=True, check=False
    )


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

    @NEEDS_PROMTOOL
    @pytest.mark.parametrize(
        "words",
        [
            ("rules", "alerts.yml"),
            ("config", "--syntax-only", "prometheus.yml"),
        ],
    )
    def test_are_taken_by_prometheus(self, words: tuple[str, ...]) -> None:
        ran = promtool("check", *words)

        assert ran.returncode == 0, ran.stdout + ran.stderr

    @NEEDS_PROMTOOL
    def test_are_taken_from_pods_of_a_cluster(self, tmp_path: Path) -> None:
        """Debian's promtool knows no Kubernetes: it looks at all but how pods are found."""
        config = yaml.safe_load((FOLDER / "prometheus-kubernetes.yml").read_text("utf-8"))
        for job in config["scrape_configs"]:
            [found] = job.pop("kubernetes_sd_configs")
            assert found == {"role": "pod", "namespaces": {"names": ["kindred"]}}
        file = tmp_path / "prometheus.yml"
        file.write_text(yaml.safe_dump(config))

        ran = promtool("check", "config", "--syntax-only", str(file))

        assert ran.returncode == 0, ran.stdout + ran.stderr


def raised(tmp_path: Path, *series: tuple[str, float]) -> set[str]:
    """The alerts that are raised while these series have these values for an hour and more."""
    asked = [rule["alert"] for rule in RULES]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": f"{value}x120"} for name, value in series],
        "alert_rule_test": [{"eval_time": "2h", "alertname": each} for each in asked],
    }
    file = tmp_path / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(FOLDER / "alerts.yml")], "tests": [test]}))
    ran = promtool("test", "rules", str(file))
    said = ran.stdout + ran.stderr
    assert "SUCCESS" in said or "alertname" in said, said  # it fails by each that is raised
    return set(re.findall(r"alertname: ?(\w+)", said))


def of_both(**values: float) -> list[tuple[str, float]]:
    """Series that each of two web servers tells."""
    return [
        (f'kindred_{name}{{instance="{who}"}}', value)
        for who in ("a", "b")
        for name, value in values.items()
    ]


@NEEDS_PROMTOOL
class TestAnAlert:
    @pytest.mark.parametrize(
        ("told", "alerts"),
        [
            (
                of_both(
                    database_up=1,
                    schedule_overdue_seconds=20,
                    queue_oldest_seconds=30,
                    queue_processing=0,
                    queue_paused=0,
                    database_connections=50,
                    database_connections_max=100,
                ),
                set(),
            ),
            (
                of_both(database_connections=85, database_connections_max=100),
                {"KindredConnectionsShort"},
            ),
            (
                of_both(queue_oldest_seconds=1000, queue_processing=0, queue_paused=0),
                {"KindredQueueStuck"},
            ),
            (of_both(database_up=1, schedule_overdue_seconds=600), {"KindredNoWorker"}),
            (of_both(database_up=1), {"KindredNoWorker"}),  # none ever ran
            (of_both(database_up=0), {"KindredDatabaseAway"}),
        ],
        ids=["all is well", "connections", "stuck", "no worker", "never one", "no database"],
    )
    def test_is_raised_once_something_is_wrong(
        self, told: list[tuple[str, float]], alerts: set[str], tmp_path: Path
    ) -> None:
        assert raised(tmp_path, *told) == alerts


class TestDashboard:
    @NEEDS_PROMTOOL
    def test_asks_what_prometheus_understands(self, tmp_path: Path) -> None:
        asked = [
            target["expr"].replace("$__rate_interval", "5m")
            for panel in DASHBOARD["panels"]
            for target in panel["targets"]
        ]
        rules = [{"record": f"panel:{number}", "expr": expr} for number, expr in enumerate(asked)]
        file = tmp_path / "rules.yml"
        file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))

        ran = promtool("check", "rules", str(file))

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"{len(asked)} rules found" in ran.stdout

    def test_has_each_panel_in_a_place_of_its_own(self) -> None:
        places = [(each["gridPos"]["x"], each["gridPos"]["y"]) for each in DASHBOARD["panels"]]

        assert len(set(places)) == len(places)
        assert len({each["id"] for each in DASHBOARD["panels"]}) == len(places)
        assert all(
            each["gridPos"]["x"] + each["gridPos"]["w"] <= 24 for each in DASHBOARD["panels"]
        )
