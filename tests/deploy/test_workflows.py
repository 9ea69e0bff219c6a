"""What forges run: files that they take, and commands that there are."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.stack import CHECKOUT
from tests.deploy.composed import services
from tests.deploy.tools import fits

GITHUB, GITLAB = CHECKOUT / ".github/workflows/ci.yml", CHECKOUT / ".gitlab-ci.yml"
MAKEFILE = (CHECKOUT / "Makefile").read_text()
README = (CHECKOUT / "README.md").read_text()
BOTH = pytest.mark.parametrize("file", [GITHUB, GITLAB], ids=["github", "gitlab"])


def commands(file: Path) -> list[str]:
    """All that is run."""
    told: dict[str, Any] = yaml.safe_load(file.read_text())
    if file == GITHUB:
        steps = [step for job in told["jobs"].values() for step in job["steps"]]
        return [step["run"] for step in steps if "run" in step]
    jobs = [job for job in told.values() if isinstance(job, dict)]
    return [line for job in jobs for part in ("before_script", "script") for line in job[part]]


class TestAWorkflow:
    @pytest.mark.parametrize(
        ("schema", "file"),
        [("vendor.github-workflows", GITHUB), ("vendor.gitlab-ci", GITLAB)],
        ids=["github", "gitlab"],
    )
    def test_fits_the_schema_of_its_forge(self, schema: str, file: Path) -> None:
        assert fits(schema, file) == ""

    @BOTH
    def test_asks_for_targets_that_there_are(self, file: Path) -> None:
        asked = [each.split()[1] for each in commands(file) if each.startswith("make ")]

        assert {"test", "secrets"} <= set(asked)
        assert all(re.search(rf"^{each}:.*## ", MAKEFILE, re.MULTILINE) for each in asked)

    @BOTH
    def test_asks_for_profiles_that_there_are(self, file: Path) -> None:
        there = {each for service in services().values() for each in service["profiles"]}

        asked = {each for line in commands(file) for each in re.findall(r"--profile (\w+)", line)}
        assert asked == there

    @BOTH
    def test_installs_what_the_readme_does(self, file: Path) -> None:
        [line] = re.findall(r"^    apt-get install (.+)$", README, re.MULTILINE)

        ours = [set(each.split()) for each in commands(file) if "apt-get install" in each]
        assert any(set(line.split()) <= each for each in ours)
