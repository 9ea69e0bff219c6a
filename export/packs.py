"""Which packs there are. `python -m export PACK` builds the rows of one."""

import importlib
from collections.abc import Mapping

from export import ExportError, rows_concepts, rows_faces, rows_ocr, rows_ocr_more
from export.models import Model

PACKAGED = rows_faces.ROWS + rows_concepts.ROWS + rows_ocr.ROWS
# Packs whose weights lie on hubs: module and name of their rows. These are read with PyTorch, so
# they are looked at in an environment of their own, and only when they are asked for.
HUB: Mapping[str, tuple[tuple[str, str], ...]] = {
    "insightface": (("rows_hub", "INSIGHTFACE"), ("rows_captions", "INSIGHTFACE")),
    "buffalo_s": (("rows_hub", "BUFFALO_S"),),
    "open": (("rows_hub", "OPEN"), ("rows_captions", "OPEN")),
    "florence": (("rows_captions", "FLORENCE"),),
}
NAMES = ("packaged", *rows_ocr_more.PACKS, *HUB)


def rows(pack: str) -> tuple[Model, ...]:
    """
    Raises:
        ExportError: this environment can't read the weights of the pack.
    """
    if pack == "packaged":
        return PACKAGED
    if pack in rows_ocr_more.PACKS:
        return rows_ocr_more.PACKS[pack]
    try:
        modules = [(importlib.import_module(f"export.{name}"), what) for name, what in HUB[pack]]
    except ModuleNotFoundError as exc:
        raise ExportError(
            f"The pack {pack} is read with PyTorch, which is not in this environment ({exc.name} "
            "is missing): run `make hub`, then .venvs/hub/bin/python -m export ..."
        ) from exc
    return tuple(row for module, what in modules for row in getattr(module, what))
