"""What a model is made from: its row, and the code that turns it into a model."""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from export.models import Model

SOURCES = Path(__file__).parent
ALWAYS = ("build.py", "configs.py", "parity.py", "publish.py")
IMPORT = re.compile(r"^from export(?:\.(\w+))? import ([\w, ]+)", re.MULTILINE)


def recipe(model: Model) -> str:
    """Another one when the row or a module has changed that has a part in making the model."""
    made_from = sha256(repr(model).encode())
    own = Path(type(model.kind).__module__.rpartition(".")[2] + ".py").name
    for source in _with_imports([*ALWAYS, own]):
        made_from.update((SOURCES / source).read_bytes())
    return made_from.hexdigest()


def _with_imports(modules: Iterable[str]) -> list[str]:
    """`modules`, and those of this package that they import, however far."""
    found: set[str] = set()
    left = set(modules)
    while left:
        module = left.pop()
        found.add(module)
        text = (SOURCES / module).read_text()
        left |= {name for name in _imports(text) if name not in found}
    return sorted(found)


def _imports(text: str) -> Iterable[str]:
    for package, names in IMPORT.findall(text):
        for name in [package] if package else re.findall(r"\w+", names):
            if (SOURCES / f"{name}.py").exists():
                yield f"{name}.py"
