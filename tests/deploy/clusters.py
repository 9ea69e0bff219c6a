"""What the overlays of deploy/kubernetes come to."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from local.stack import CHECKOUT
from tests.deploy.tools import tool

KUBERNETES = CHECKOUT / "deploy/kubernetes"
OVERLAYS = ("cpu", "gpu")
Document = dict[str, Any]


@cache
def _written(overlay: str) -> str:
    ran = tool("python", "-m", "deploy.rendered", path(overlay))
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def path(overlay: str) -> Path:
    return KUBERNETES / "overlays" / overlay


def documents(overlay: str = "cpu", kind: str = "") -> list[Document]:
    found = yaml.safe_load_all(_written(overlay))
    return [each for each in found if kind in ("", each["kind"])]


def one(kind: str, name: str, overlay: str = "cpu") -> Document:
    [found] = [each for each in documents(overlay, kind) if each["metadata"]["name"] == name]
    return found


def pods(overlay: str = "cpu") -> Iterator[tuple[str, Document]]:
    """Of each workload its name and what its pods are."""
    for each in documents(overlay):
        if each["kind"] in ("Deployment", "StatefulSet", "Job", "CronJob"):
            does = each["spec"].get("jobTemplate", each)["spec"]
            yield each["metadata"]["name"], does["template"]["spec"]


def pod(name: str, overlay: str = "cpu") -> Document:
    return dict(pods(overlay))[name]


def containers(spec: Document) -> list[Document]:
    found: list[Document] = [*spec.get("initContainers", []), *spec["containers"]]
    return found
