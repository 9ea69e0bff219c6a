"""What can be done on a photo: an operation looks at its pixels, and stores what it found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from inference.arrays import RGB
from photos.models import Owner, Photo

EMBEDDING = "embedding"
FACES = "faces"
OBJECTS = "objects"
TAGS = "tags"
OCR = "ocr"
CAPTION = "caption"
DESCRIBE = "describe"
ALL = "all"  # that this installation can do, when the photo has its turn
# In the order in which results are stored: what is made of others' results comes after them.
OPERATIONS = (EMBEDDING, FACES, OBJECTS, OCR, TAGS, CAPTION, DESCRIBE)


@dataclass(frozen=True)
class Place:
    """Whose photo it is, and where its files lie in the default storage."""

    owner: Owner
    folder: str


# Writes the rows of a photo, in the caller's transaction; once for a photo and a recipe.
Store = Callable[[Photo], None]


class Findings(Protocol):
    """What an operation saw in a photo, not yet stored."""

    def keep(self, place: Place) -> Store:
        """Write files and ask the database what storing needs: slow, so before the transaction."""
        ...


class Operation(Protocol):
    """One of OPERATIONS, with the models that do it now."""

    @property
    def name(self) -> str: ...

    @property
    def recipe(self) -> str:
        """Names the models, so that asking again with the same ones is free."""
        ...

    @property
    def needs(self) -> Sequence[str]:
        """The operations whose stored results this one is made of."""
        ...

    def look(self, image: RGB) -> Findings:
        """See what is in the upright photo. Asks the models; touches no database.

        Raises:
            InferenceError: the server gave no answer, or a wrong one.
        """
        ...
