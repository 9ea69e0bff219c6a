"""The overlays for Kubernetes: schemas, what pods may do, and that parts agree with each other."""

import json
import re
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection
from django.urls import resolve
from django.utils import timezone

from jobs.models import Pause
from jobs.models.states import State
from tests.deploy.clusters import OVERLAYS, containers, documents, one, path, pod, pods
from tests.deploy.composed import services
from tests.deploy.tools import tool
from tests.factories import make_item

KEDA = Path(__file__).with_name("keda.json")
SETTINGS = (path("cpu").parents[3] / "docs/settings.md").read_text()
WORKLOADS = ["backup", "grpc", "migrate", "postgres", "triton", "web", "worker"]


def is_kedas(document: dict[str, Any]) -> bool:
    return str(document["apiVersion"]).startswith("keda.sh/")


@pytest.mark.parametrize("overlay", OVERLAYS)
class TestAnOverlay:
    def test_fits_the_schemas_of_kubernetes(self, overlay: str, tmp_path: Path) -> None:
        file = tmp_path / "all.yaml"
        theirs = [each for each in documents(overlay) if not is_kedas(each)]
        file.write_text(yaml.safe_dump_all(theirs))

        ran = tool("kubernetes-validate", "--strict", file)

        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert len(theirs) > 20

    def test_fits_what_keda_takes(self, overlay: str, tmp_path: Path) -> None:
        kedas = [each for each in documents(overlay) if is_kedas(each)]

        assert len(kedas) == 3
        for number, each in enumerate(kedas):
            (tmp_path / f"{number}.json").write_text(json.dumps(each))
        ran = tool("check-jsonschema", "--schemafile", KEDA, *tmp_path.glob("*.json"))
        assert ran.returncode == 0, ran.stdout

    def test_is_what_kubectl_makes_of_it(self, overlay: str) -> None:
        kubectl = shutil.which("kubectl")
        if not kubectl:
            pytest.skip("There is no kubectl here.")
        ran = subprocess.run(  # noqa: S603  # our own files
            [kubectl, "kustomize", path(overlay)], capture_output=True, text=True, check=True
        )

        def named(all_: list[Any]) -> dict[tuple[str, str], Any]:
            return {(each["kind"], each["metadata"]["name"]): each for each in all_}

        assert named(documents(overlay)) == named(list(yaml.safe_load_all(ran.stdout)))

    def test_has_all_in_one_namespace(self, overlay: str) -> None:
        places = {each["metadata"].get("namespace") for each in documents(overlay)}

        assert places == {"kindred", None}
        assert [each["metadata"]["name"] for each in documents(overlay, "Namespace")] == ["kindred"]

    def test_lets_pods_do_little(self, overlay: str) -> None:
        assert sorted(name for name, _ in pods(overlay)) == WORKLOADS
        for name, spec in pods(overlay):
            assert spec["automountServiceAccountToken"] is False, name
            assert spec["securityContext"]["runAsNonRoot"] is True
            assert spec["securityContext"]["runAsUser"] > 0
            assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for each in containers(spec):
                assert each["securityContext"] == {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                }
                assert {"cpu", "memory"} <= set(each["resources"]["requests"])
                assert "memory" in each["resources"]["limits"]

    def test_mounts_what_it_declares(self, overlay: str) -> None:
        for name, spec in pods(overlay):
            declared = {each["name"] for each in spec["volumes"]}
            mounted = {m["name"] for each in containers(spec) for m in each["volumeMounts"]}
            assert mounted <= declared | {"database"}, name
            assert declared <= mounted, name

    def test_names_its_own_images(self, overlay: str) -> None:
        images = {each["image"] for _, spec in pods(overlay) for each in containers(spec)}

        assert not {"kindred", "kindred-models"} & images
        foreign = {services()[name]["image"] for name in ("postgres", "triton")}
        assert foreign < images


class TestTheGpu:
    def test_is_asked_for_by_triton_alone(self) -> None:
        [triton] = pod("triton", "gpu")["containers"]

        assert triton["resources"]["limits"]["nvidia.com/gpu"] == "1"
        assert triton["command"][:2] == ["tritonserver", "--model-config-name=gpu"]
        assert one("ConfigMap", "kindred", "gpu")["data"]["MODEL_DEVICE"] == "cuda"
        assert "nvidia.com/gpu" not in yaml.safe_dump_all(documents("cpu"))


class TestProbes:
    @pytest.mark.parametrize("name", ["web", "grpc", "worker", "triton", "postgres"])
    def test_are_there_for_all_that_runs_on(self, name: str) -> None:
        [container] = pod(name)["containers"]

        assert {"startupProbe", "livenessProbe"} <= set(container)
        assert ("readinessProbe" in container) is (name != "worker")  # nobody is sent to it

    def test_of_the_web_server_ask_what_is_answered(self) -> None:
        [web] = pod("web")["containers"]
        for kind in ("startup", "liveness", "readiness"):
            asked = web[f"{kind}Probe"]["httpGet"]
            assert "NothingHere" not in repr(resolve(asked["path"]).func), asked["path"]
            hosts = one("ConfigMap", "kindred")["data"]["ALLOWED_HOSTS"].split(",")
            assert asked["httpHeaders"] == [{"name": "Host", "value": "127.0.0.1"}]
            assert "127.0.0.1" in hosts

    def test_of_the_worker_look_at_the_file_that_it_touches(self) -> None:
        [worker] = pod("worker")["containers"]
        told = {each["name"]: each["value"] for each in worker["env"]}

        words = worker["livenessProbe"]["exec"]["command"]
        assert words == services()["worker"]["healthcheck"]["test"][1:]
        assert words[-1] == f"file://{told['WORKER_ALIVE_FILE']}"


class TestCommands:
    @pytest.mark.parametrize("name", ["worker", "grpc", "migrate"])
    def test_are_those_of_compose(self, name: str) -> None:
        assert pod(name)["containers"][0]["command"] == services()[name]["command"]

    def test_of_the_web_server_differ_in_how_long_it_may_take_to_end(self) -> None:
        ours = pod("web")["containers"][0]["command"]

        differing = set(ours) ^ set(services()["web"]["command"])
        assert {each.partition("=")[0] for each in differing} == {"--graceful-timeout"}

    def test_of_triton_leave_models_to_itself(self) -> None:
        [triton] = pod("triton")["containers"]

        assert "--model-control-mode=none" in triton["command"]
        assert one("ConfigMap", "kindred")["data"]["MODEL_CONTROL"] == "none"


class TestBackups:
    def test_have_a_disk_of_their_own(self) -> None:
        spec = pod("backup")
        [container] = spec["containers"]

        assert container["command"][:4] == ["python", "manage.py", "backup", "/backups"]
        claims = {
            each["name"]: each["persistentVolumeClaim"]["claimName"]
            for each in spec["volumes"]
            if "persistentVolumeClaim" in each
        }
        assert claims == {"data": "data", "backups": "backups"}

    def test_may_speak_with_the_database(self) -> None:
        [come] = one("NetworkPolicy", "postgres")["spec"]["ingress"]
        [go] = one("NetworkPolicy", "service")["spec"]["podSelector"]["matchExpressions"]

        [allowed] = come["from"][0]["podSelector"]["matchExpressions"]
        assert "backup" in allowed["values"]
        assert "backup" in go["values"]


class TestMonitoring:
    """deploy/monitoring/prometheus-kubernetes.yml finds pods by labels and names of ports."""

    def test_reads_ports_that_pods_have(self) -> None:
        ports = {
            f"Running;{name};{port['name']}"
            for name, spec in pods()
            for each in containers(spec)
            for port in each.get("ports", [])
        }

        for job, names in (
            ("kindred", {"web;http"}),
            ("kindred-programs", {"worker;metrics", "grpc;metrics"}),
            ("triton", {"triton;metrics"}),
        ):
            [keep] = [each for each in scraped(job)["relabel_configs"] if "action" in each]
            kept = {each for each in ports if re.fullmatch(keep["regex"], each)}
            assert kept == {f"Running;{each}" for each in names}

    def test_tells_triton_by_the_namespace_that_it_is_scaled_by(self) -> None:
        [trigger] = one("ScaledObject", "triton")["spec"]["triggers"]
        labels = {each.get("target_label") for each in scraped("triton")["relabel_configs"]}

        assert set(re.findall(r"\{(\w+)=", trigger["metadata"]["query"])) <= labels

    def test_asks_pods_by_an_address_that_they_answer_to(self) -> None:
        told = {each["name"]: each for each in pod("web")["containers"][0]["env"]}

        assert told["POD_IP"]["valueFrom"] == {"fieldRef": {"fieldPath": "status.podIP"}}


class TestSettings:
    def test_are_those_that_there_are(self) -> None:
        told = set(one("ConfigMap", "kindred")["data"]) - {"TMPDIR"}
        known = set(re.findall(r"\b[A-Z][A-Z0-9_]{2,}\b", SETTINGS))

        assert {each.removesuffix("_FILE") for each in told} <= known

    def test_have_no_secret(self) -> None:
        assert documents("cpu", "Secret") == []
        told = one("ConfigMap", "kindred")["data"]
        names = [each for each in told if re.search("PASSWORD|TOKEN|SECRET", each)]
        assert all(each.endswith("_FILE") for each in names)


class TestTheNetwork:
    def test_is_closed_but_for_what_is_said(self) -> None:
        closed = one("NetworkPolicy", "nobody")["spec"]

        assert closed == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}

    @pytest.mark.parametrize(
        ("name", "ports"), [("triton", [8101, 8002, 8002]), ("postgres", [5432])]
    )
    def test_lets_few_in(self, name: str, ports: list[int]) -> None:
        rules = one("NetworkPolicy", name)["spec"]["ingress"]

        assert [port["port"] for rule in rules for port in rule["ports"]] == ports
        assert all(rule["from"] for rule in rules)

    def test_leads_to_no_private_address_from_where_photos_are_fetched(self) -> None:
        [rule] = one("NetworkPolicy", "fetching")["spec"]["egress"]

        kept = [each for block in rule["to"] for each in block["ipBlock"]["except"]]
        assert {"10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "fc00::/7"} <= set(kept)


class TestBudgets:
    def test_keep_one_of_each_that_may_be_moved(self) -> None:
        kept = {
            each["metadata"]["name"]: each["spec"]
            for each in documents("cpu", "PodDisruptionBudget")
        }

        assert sorted(kept) == ["grpc", "triton", "web", "worker"]
        for name, spec in kept.items():
            labels = one("Deployment", name)["spec"]["template"]["metadata"]["labels"]
            assert spec["selector"]["matchLabels"].items() <= labels.items()


@pytest.mark.django_db
class TestTheQuestionOfTheQueue:
    @pytest.fixture
    def query(self) -> str:
        [trigger] = one("ScaledObject", "worker")["spec"]["triggers"]
        found: str = trigger["metadata"]["query"]
        return found

    def test_counts_what_workers_could_do_or_do(self, query: str) -> None:
        make_item(state=State.QUEUED)
        make_item(state=State.PROCESSING, lease_until=timezone.now())
        make_item(state=State.QUEUED, run_after=timezone.now() + timedelta(hours=1))
        for state in (State.PAUSED, State.SUCCEEDED, State.CANCELLED):
            make_item(state=state)

        assert answer(query) == 2

    def test_counts_none_while_the_queue_is_paused_but_what_is_under_way(self, query: str) -> None:
        make_item(state=State.QUEUED)
        make_item(state=State.PROCESSING, lease_until=timezone.now())
        Pause.objects.create()

        assert answer(query) == 1

    def test_is_none_of_an_empty_queue(self, query: str) -> None:
        assert answer(query) == 0


def scraped(job: str) -> dict[str, Any]:
    """What Prometheus is told of `job`."""
    file = path("cpu").parents[2] / "monitoring/prometheus-kubernetes.yml"
    jobs = yaml.safe_load(file.read_text())["scrape_configs"]
    [found] = [each for each in jobs if each["job_name"] == job]
    return dict(found)


def answer(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        [count] = cursor.fetchone() or [None]
    assert isinstance(count, int)
    return count
