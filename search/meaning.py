"""What words are in the space in which photos are searched."""

import json
from dataclasses import dataclass
from functools import cached_property

from inference.identity import ModelIdentity
from inference.roles import IMAGE_ENCODER
from photos.models import Owner, Space
from photos.statements import prepared
from search.errors import ForeignVectors
from search.ranking import Meaning
from search.relevance import Encode, Scale, Usual, lift_of, usual_photo, usual_words
from search.vocabulary import Vocabulary
from search.wording import Worded, worded

# Written down, as each question asks it: Django takes longer to write it.
_PARAMETERS = """
SELECT manifest ->> 'parameters' FROM photos_servedmodel WHERE role = %s AND space = %s
ORDER BY id LIMIT 1
"""


def images_of(space: Space) -> ModelIdentity:
    """The image encoder whose vectors are in `space`, as the repository describes it. One query.

    Raises:
        ForeignVectors: it is in the repository no more.
    """
    with prepared() as cursor:
        row = cursor.execute(_PARAMETERS, [IMAGE_ENCODER.name, space.name]).fetchone()
    if row is None:
        raise ForeignVectors(
            f"No image encoder here made the vectors of {space.name}, in which photos are "
            "searched: put its pack back into the model repository."
        )
    parameters = json.loads(row[0] or "{}")
    return ModelIdentity(
        space.role, space.name, space.weights_sha256, space.version, parameters, shapes={}
    )


@dataclass(frozen=True)
class Reader:
    """Reads questions for the photos of an owner."""

    owner: Owner
    space: Space
    images: ModelIdentity
    encode: Encode
    vocabulary: Vocabulary

    def worded(self, text: str, language: str) -> Worded:
        """As the text encoder is to read it, and which words it can't be told."""
        return worded(text, language, self.images, self.vocabulary)

    def meaning(self, text: str, language: str) -> Meaning | None:
        """None where the encoder understands none of it.

        Raises:
            InferenceError: as `encode` does.
        """
        told = self.worded(text, language).text
        if not told:
            return None
        [vector] = self.encode([told])
        words = usual_words(self.images, self.encode, self.vocabulary)
        lift = lift_of(vector, words, self._usual)
        return Meaning(self.space, vector, Scale.of(self.images), lift)

    @cached_property
    def _usual(self) -> Usual | None:
        return usual_photo(self.owner, self.space)
