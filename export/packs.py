"""Which packs there are. `python -m export PACK` builds the rows of one."""

from collections.abc import Mapping

from export import rows_concepts, rows_faces, rows_ocr
from export.models import Model

PACKS: Mapping[str, tuple[Model, ...]] = {
    "packaged": rows_faces.ROWS + rows_concepts.ROWS + rows_ocr.ROWS,
}
