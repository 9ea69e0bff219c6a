"""Programs that look at what describes containers; they have an environment of their own."""

import subprocess
from pathlib import Path

import pytest

from local.stack import CHECKOUT

TOOLS = CHECKOUT / ".venvs" / "deploy" / "bin"


def tool(name: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run one to its end. Skips the test where they are not installed (`make test` does that)."""
    if not (TOOLS / name).exists():
        pytest.skip("What looks at containers is not installed: run `make test`.")
    return subprocess.run(  # noqa: S603  # a program of our own lock
        [TOOLS / name, *words], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )


def fits(schema: str, *files: Path) -> str:
    """Empty if all files fit the schema, else what is wrong with them."""
    ran = tool("check-jsonschema", "--builtin-schema", schema, *files)
    return "" if ran.returncode == 0 else ran.stdout + ran.stderr
