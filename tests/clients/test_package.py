"""The client for Python as a package: what it installs, and what it says that it gives."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_type_hints, is_typeddict

import pytest
from drf_spectacular.generators import SchemaGenerator

from kindred_client import answers, found, sending
from local.stack import CHECKOUT

SOURCE = CHECKOUT / "clients/python"
COMPONENTS = {  # of the schema, where it has another name for it
    "PersonName": "Person",
    "Person": "PersonDetail",
    "PhotoFace": "Face",
    "Thing": "Object",
    "Line": "TextLine",
    "Failure": "Error",
    "Hit": "FoundHit",
    "Candidate": "LikelyPerson",
}
PARTS = {"Look", "Yardstick"}  # that are in others
STEERING = {"q", "limit", "cursor", "facets"}  # of a search, beside its filters


@pytest.fixture(scope="module")
def components() -> Any:
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]  # it has none
    return json.loads(json.dumps(schema["components"]["schemas"], default=str))


def typed() -> Iterator[tuple[str, set[str]]]:
    for module in (answers, found):
        for name, each in vars(module).items():
            ours = is_typeddict(each) and each.__module__ == module.__name__
            if ours and not name.startswith("_") and name not in PARTS:
                yield name, set(get_type_hints(each))


class TestAnswers:
    @pytest.mark.parametrize(("name", "fields"), list(typed()))
    def test_have_the_fields_of_the_schema(
        self, components: Any, name: str, fields: set[str]
    ) -> None:
        assert fields == components[COMPONENTS.get(name, name)]["properties"].keys()


class TestFilters:
    def test_are_those_of_the_schema(self, components: Any) -> None:
        there = components["SearchRequest"]["properties"].keys() - STEERING

        assert set(get_type_hints(sending.Filters)) == there


class TestThePackage:
    def test_installs_and_knows_nothing_of_the_service(self, tmp_path: Path) -> None:
        shutil.copytree(SOURCE, tmp_path / "source")
        pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps"]
        words = [*pip, "--no-build-isolation", f"--target={tmp_path}/there", f"{tmp_path}/source"]
        subprocess.run([sys.executable, *words], check=True, cwd=tmp_path)  # noqa: S603  # our own words

        program = (
            "import sys, kindred_client, kindred_client.recognition;"
            "print(kindred_client.__file__, 'django' in sys.modules, 'config' in sys.modules)"
        )
        said = subprocess.run(  # noqa: S603  # our own words
            [sys.executable, "-c", program],
            check=True,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PYTHONPATH": str(tmp_path / "there")},
        ).stdout

        installed = tmp_path / "there/kindred_client"
        assert said.split() == [str(installed / "__init__.py"), "False", "False"]
        assert (installed / "py.typed").exists()
        assert (installed / "recognition_pb2.pyi").exists()
