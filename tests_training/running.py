"""The commands, started in this process."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from training import command, publishing

FEW = ("--epochs", "3")


def run(*words: str | Path) -> tuple[int, list[dict[str, Any]]]:
    """Exit code and lines of `python -m training WORDS`, in this process: PyTorch loads slowly."""
    said = io.StringIO()
    with redirect_stdout(said):
        publishes = words[0] == "publish"
        code = (publishing if publishes else command).main([*map(str, words[publishes:])])
    return code, [json.loads(line) for line in said.getvalue().splitlines()]
