"""Compose files, read as Compose reads them: variables filled in, tags understood, files merged."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from local.stack import CHECKOUT

MAIN, LOCAL, PROD = (CHECKOUT / f"docker-compose{part}.yml" for part in ("", ".local", ".prod"))
OVER = CHECKOUT / "deploy/compose/prod.yml"
ONCE = {"migrate", "models", "bucket"}  # end, and are not asked whether they are alive
_VARIABLE = re.compile(r"\$\{(\w+)(?:(:-|:\?)([^}]*))?\}")

Service = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Knows Compose's tags, which say how a value is merged: here, the value is what counts."""


def _plain(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


for _tag in ("!reset", "!override"):
    _Loader.add_constructor(_tag, _plain)


def read(file: Path) -> dict[str, Any]:
    """As it is written."""
    found: dict[str, Any] = yaml.load(file.read_text(), _Loader)  # noqa: S506  # a safe one
    return found


def composed(file: Path = MAIN, **variables: str) -> dict[str, Any]:
    """With its variables filled in.

    Raises:
        KeyError: one is left out that has to be given, with what Compose says then.
    """
    found = _filled(read(file), variables)
    assert isinstance(found, dict)
    return found


def services(file: Path = MAIN, **variables: str) -> dict[str, Service]:
    found: dict[str, Service] = composed(file, **variables)["services"]
    return found


def production(**variables: str) -> dict[str, Service]:
    """The services of docker-compose.prod.yml: those of both files that it names."""
    [both] = read(PROD)["include"]
    first, second = (services(CHECKOUT / path, **variables) for path in both["path"])
    return {name: _merged(service, second.get(name, {})) for name, service in first.items()}


def _merged(below: Service, above: Mapping[str, Any]) -> Service:
    both = {name: {**below[name], **above[name]} for name in ("environment",) if name in above}
    return {**below, **above, **both}


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(each, variables) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, variables) for each in value]
    return (
        _VARIABLE.sub(lambda it: _given(it, variables), value) if isinstance(value, str) else value
    )


def _given(found: re.Match[str], variables: Mapping[str, str]) -> str:
    name, how, word = found.groups()
    if variables.get(name):
        return variables[name]
    if how != ":-":
        raise KeyError(f"{name}: {word}")
    return str(word)
