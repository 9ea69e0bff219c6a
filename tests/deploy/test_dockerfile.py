"""The Dockerfile, looked at by a linter and against what there is: it can't be built here."""

import re
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from local.postgres_programs import wheel_programs
from local.stack import CHECKOUT
from tests.deploy.tools import tool

FILE = CHECKOUT / "Dockerfile"
TEXT = FILE.read_text().replace("\\\n", " ")
STAGES = dict(re.findall(r"^FROM \S+ AS (\w+)\n(.*?)(?=^FROM |\Z)", TEXT, re.MULTILINE | re.DOTALL))
IGNORED = [
    each for each in (CHECKOUT / ".dockerignore").read_text().splitlines() if each[:1] != "#"
]


def copied(stage: str) -> list[str]:
    """What comes from the checkout."""
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", STAGES[stage], re.MULTILINE)
    return [path for line in lines for path in line.split()]


class TestTheDockerfile:
    def test_is_sound_to_a_linter(self) -> None:
        ran = tool("hadolint", FILE)

        assert (ran.returncode, ran.stdout) == (0, "")

    def test_copies_what_there_is_and_docker_may_see(self) -> None:
        seen = [each.removeprefix("!") for each in IGNORED if each.startswith("!")]

        for path in {each for stage in STAGES for each in copied(stage)}:
            assert (CHECKOUT / path).exists(), path
            assert any(path == each or path.startswith(f"{each}/") for each in seen), path

    def test_leaves_out_what_is_nobody_elses(self) -> None:
        hidden = [each for each in IGNORED if not each.startswith("!")]

        assert hidden[0] == "*"
        assert any(fnmatch("model_repository/a.b.1/1", each) for each in hidden)
        tracked = {".env", "var", ".venv", ".git", "tests", "docs"}
        assert tracked.isdisjoint(each.removeprefix("!") for each in IGNORED)

    @pytest.mark.parametrize("stage", ["service", "models"])
    def test_ends_as_a_user_without_rights(self, stage: str) -> None:
        assert re.findall(r"^USER (\S+)", STAGES[stage], re.MULTILINE)[-1] == "10001:10001"

    def test_has_all_packages_that_the_service_imports(self) -> None:
        present = {Path(each).stem for each in copied("service")}
        code = [file for each in present for file in (CHECKOUT / each).rglob("*.py")]
        imported = {
            name
            for file in code
            for name in re.findall(r"^\s*(?:from|import) (\w+)", file.read_text(), re.MULTILINE)
        }

        ours = {each.parent.name for each in CHECKOUT.glob("*/__init__.py")}
        assert imported & ours <= present

    def test_needs_nothing_of_the_checkout_that_is_built_there(self) -> None:
        listed = subprocess.run(  # noqa: S603  # our own words
            ["git", "ls-files", "--", *copied("service"), *copied("export")],  # noqa: S607
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            check=False,
        )
        if listed.returncode:
            pytest.skip("This is no checkout of git.")

        roots = {each.split("/")[0] for each in listed.stdout.splitlines()}
        assert roots >= {Path(each).parts[0] for each in copied("service")}


class TestWhatIsTrimmed:
    def test_leaves_the_programs_of_backups(self, tmp_path: Path) -> None:
        """PostgreSQL's server goes, and what pg_dump needs stays."""
        wheel = wheel_programs().parents[1]
        for folder in (wheel, wheel.with_name(f"{wheel.name}.libs")):
            shutil.copytree(folder, tmp_path / folder.name)
        for needed in ("botocore/data/s3", "botocore/data/ec2", "somebody/tests"):
            (tmp_path / needed).mkdir(parents=True)

        subprocess.run([CHECKOUT / "deploy/trim.sh", tmp_path], check=True)  # noqa: S603  # our own

        programs = tmp_path / wheel_programs().relative_to(wheel.parent)
        assert {each.name for each in programs.iterdir()} == {"pg_dump", "pg_restore", "psql"}
        for each in programs.iterdir():
            said = subprocess.run([each, "--version"], env={}, capture_output=True, check=True)  # noqa: S603  # PostgreSQL's
            assert b"PostgreSQL" in said.stdout
        assert [each.name for each in (tmp_path / "botocore/data").iterdir()] == ["s3"]
        assert not list((tmp_path / "somebody").iterdir())

    def test_is_copied_with_who_trims(self) -> None:
        assert {"deploy/lean.sh", "deploy/trim.sh"} <= set(copied("packages"))
