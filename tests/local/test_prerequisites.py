import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from local import prerequisites

APT = "apt install python3.11 python3.11-venv libpython3.11 make"
SCRIPT = Path(__file__).resolve().parents[2] / "local" / "prerequisites.py"


class TestPrerequisites:
    def test_finds_nothing_lacking_where_this_suite_runs(self) -> None:
        ran = subprocess.run(  # noqa: S603  # words of this module
            [sys.executable, "-I", "-S", SCRIPT], capture_output=True, text=True, check=False
        )

        assert (ran.returncode, ran.stderr) == (0, "")

    def test_names_the_python_that_is_needed(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(sys, "version_info", (3, 10, 0))
        monkeypatch.setattr(platform, "python_version", lambda: "3.10.0")
        monkeypatch.setattr(prerequisites, "_library", lambda: "")

        status = prerequisites.main()

        needed = f"Python 3.11 (or 3.12) is needed, and this is 3.10.0: {APT}; "
        other = "or name another one: make PYTHON=/path/to/python3.11.\n"
        assert (status, capsys.readouterr().err) == (1, needed + other)

    def test_names_the_package_of_a_missing_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(prerequisites, "PYTHONS", ((3, 77),))
        monkeypatch.setattr(sys, "version_info", (3, 77, 0))

        needed = "The model server needs this Python's shared library, libpython3.77.so.1.0"
        assert prerequisites.lacking() == [f"{needed}: {APT}."]

    def test_names_the_package_of_a_missing_venv(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

        assert prerequisites.lacking() == [f"This Python cannot make environments: {APT}."]

    @pytest.mark.parametrize(("version", "said"), [("glibc 2.31", "2.31"), ("", "none")])
    def test_names_the_glibc_that_is_needed(
        self, monkeypatch: pytest.MonkeyPatch, version: str, said: str
    ) -> None:
        monkeypatch.setattr(os, "confstr", lambda _: version)

        assert prerequisites.lacking() == [
            f"glibc 2.35 or newer is needed (Debian 12, Ubuntu 22.04), and here is {said}."
        ]

    def test_names_another_machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(platform, "machine", lambda: "aarch64")

        assert prerequisites.lacking() == [
            "Linux on x86-64 is needed, and this is Linux on aarch64."
        ]
