"""What an overlay comes to, as `kubectl kustomize` writes it, where there is no kubectl.

    .venvs/deploy/bin/python -m deploy.rendered deploy/kubernetes/overlays/cpu

Knows what our overlays use of kustomize, and nothing else: resources, namespace, images, JSON
patches. Where kubectl is there, a test compares both.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import jsonpatch
import yaml

KNOWN = {"apiVersion", "kind", "namespace", "resources", "images", "patches"}
CLUSTER_WIDE = {"Namespace"}
Document = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    [folder] = arguments
    sys.stdout.write(yaml.safe_dump_all(rendered(Path(folder)), sort_keys=True))
    return 0


def rendered(folder: Path) -> list[Document]:
    """
    Raises:
        ValueError: a kustomization has a field that is not known here, or a patch for nothing.
    """
    order: Document = yaml.safe_load((folder / "kustomization.yaml").read_text())
    if unknown := set(order) - KNOWN:
        raise ValueError(f"{folder}: {', '.join(sorted(unknown))} is not known here.")
    found = [each for name in order["resources"] for each in _resources(folder / name)]
    for each in found:
        _place(each, order.get("namespace"))
        _name_images(each, {image["name"]: image for image in order.get("images", [])})
    for patch in order.get("patches", []):
        found = _patched(found, patch)
    return found


def _resources(path: Path) -> list[Document]:
    return rendered(path) if path.is_dir() else list(yaml.safe_load_all(path.read_text()))


def _place(document: Document, namespace: str | None) -> None:
    if namespace and document["kind"] not in CLUSTER_WIDE:
        document["metadata"]["namespace"] = namespace


def _name_images(document: Document, images: Mapping[str, Mapping[str, str]]) -> None:
    for container in _containers(document):
        if image := images.get(container["image"]):
            container["image"] = f"{image['newName']}:{image['newTag']}"


def _containers(value: Any) -> Iterator[Document]:
    if isinstance(value, dict):
        for name in ("containers", "initContainers"):
            yield from value.get(name) or []
        for each in value.values():
            yield from _containers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _containers(each)


def _patched(documents: list[Document], patch: Mapping[str, Any]) -> list[Document]:
    target, changes = patch["target"], yaml.safe_load(patch["patch"])
    meant = [each for each in documents if _is(each, target)]
    if not meant:
        raise ValueError(f"A patch is for {target}, which is not there.")
    return [
        jsonpatch.apply_patch(each, changes) if _is(each, target) else each for each in documents
    ]


def _is(document: Document, target: Mapping[str, str]) -> bool:
    return (document["kind"], document["metadata"]["name"]) == (target["kind"], target["name"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
