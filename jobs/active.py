"""The operations as they are done now: models of the roles, put together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from django.conf import settings

from faces.services import FindFaces
from inference import roles
from inference.arrays import RGB
from inference.captions import TritonCaptioner
from inference.client import Inference
from inference.describer import HomeDescriber
from inference.encoders import TritonImageEncoder, TritonTextEncoder
from inference.errors import InferenceError, InferenceNotReady
from inference.faces import TritonFaceDetector, TritonFaceEmbedder, TritonFaceMatcher
from inference.objects import TritonObjectDetector
from inference.ocr import TritonTextReader, characters_of
from inference.spec import ModelSpec
from inference.tokens import FileTokens
from jobs.operations import ROLES, TEMPLATE, configured_recipes, face_tiling, needs_of
from photos.operations import (
    CAPTION,
    DESCRIBE,
    EMBEDDING,
    FACES,
    OBJECTS,
    OCR,
    TAGS,
    Findings,
    Operation,
)
from search import spaces
from search.captions import CaptionPhoto, ComposeCaption, DescribePhoto
from search.services import EmbedPhoto, FindObjects, ReadText
from search.tags import TagPhoto
from search.vocabulary import Vocabulary, load


@dataclass
class ActiveOperations:
    """Gives the operations with the models that are active at that moment. For many threads.

    What was made is kept, so that a model says but once who it is.
    """

    client: Inference
    repository: Path
    roles: Callable[[], Mapping[str, str]] = spaces.models  # role -> served name
    _made: dict[tuple[str, ...], Operation] = field(default_factory=dict)
    _vocabulary: Vocabulary | None = None  # of what was made: the same one while files are
    _lock: Lock = field(default_factory=Lock)

    def __call__(self) -> dict[str, Operation]:
        """By name. Two queries, of `roles`."""
        vocabulary, active = load(settings.VOCABULARY_DIR), self.roles()
        now = configured_recipes(active, vocabulary)
        making = Making(self.client, self.repository, active, vocabulary, now)
        with self._lock:
            if vocabulary is not self._vocabulary:  # wordings are in no recipe
                self._made, self._vocabulary = {}, vocabulary
            return {name: self._known(name, recipe, making) for name, recipe in now.items()}

    def _known(self, name: str, recipe: str, making: "Making") -> Operation:
        key: tuple[str, ...] = (name, recipe)
        if name == EMBEDDING:
            key += (making.active.get(spaces.SEARCHED, ""),)
        if key not in self._made:
            try:
                self._made[key] = making.operation(name)
            except InferenceError as exc:
                return Unmade(name, recipe, exc)  # not kept: the next photo tries again
        return self._made[key]


@dataclass(frozen=True)
class Unmade:
    """An operation that can't be done now, as a file of its models is missing. Others can."""

    name: str
    recipe: str
    error: InferenceError
    needs: tuple[str, ...] = ()

    def look(self, image: RGB) -> Findings:
        raise self.error


def taggers(active: ActiveOperations) -> tuple[TagPhoto | None, ComposeCaption | None]:
    """What tags photos now, and what makes captions of tags; None where nothing does."""
    operations = active()
    tags, captions = operations.get(TAGS), operations.get(CAPTION)
    return (
        tags if isinstance(tags, TagPhoto) else None,
        captions if isinstance(captions, ComposeCaption) else None,
    )


@dataclass(frozen=True)
class Making:
    """All that operations are made of."""

    client: Inference
    repository: Path
    active: Mapping[str, str]  # role -> served name; also spaces.SEARCHED
    vocabulary: Vocabulary
    recipes: Mapping[str, str]

    def operation(self, name: str) -> Operation:
        made: Mapping[str, Callable[[str], Operation]] = {
            EMBEDDING: self.embed_photo,
            FACES: self.find_faces,
            OBJECTS: self._objects,
            OCR: self._ocr,
            TAGS: self._tags,
            CAPTION: self._caption,
            DESCRIBE: self._description,
        }
        return made[name](self.recipes[name])

    def embed_photo(self, recipe: str) -> EmbedPhoto:
        """With the encoder in whose space photos are searched, if that is another one."""
        searched = None
        if spaces.SEARCHED in self.active:
            model = roles.IMAGE_ENCODER.at(self.active[spaces.SEARCHED])
            searched = TritonImageEncoder(self.client, model)
        return EmbedPhoto(self._image_encoder(), recipe, searched)

    def find_faces(self, recipe: str) -> FindFaces:
        """With the head that is active behind the embedder, if there is one."""
        model = self._at(roles.FACE_DETECTOR)
        detector = TritonFaceDetector(self.client, model, tiling=face_tiling())
        embedder = TritonFaceEmbedder(self.client, self._at(roles.FACE_EMBEDDER))
        head = None
        if roles.FACE_MATCHER.name in self.active:
            head = TritonFaceMatcher(embedder, self.client, self._at(roles.FACE_MATCHER))
        return FindFaces(detector, embedder, recipe, head)

    def _objects(self, recipe: str) -> Operation:
        detector = TritonObjectDetector(self.client, self._at(roles.OBJECT_DETECTOR))
        return FindObjects(detector, recipe)

    def _ocr(self, recipe: str) -> Operation:
        detector, orienter, recognizer = map(self._at, ROLES[OCR])
        characters = characters_of(self._text_beside(recognizer, "characters.txt"))
        reader = TritonTextReader(
            self.client,
            characters,
            detector,
            orienter,
            recognizer,
            longer_px=settings.OCR_LONGER_PX,
        )
        return ReadText(reader, recipe)

    def _tags(self, recipe: str) -> Operation:
        model = self._at(roles.TEXT_ENCODER)
        tokens = FileTokens(self._beside(model, "tokenizer.json"))
        texts = TritonTextEncoder(self.client, tokens, model)
        return TagPhoto(self._image_encoder(), texts, self.vocabulary, recipe)

    def _caption(self, recipe: str) -> Operation:
        needs = needs_of(CAPTION, self.recipes)
        if recipe.startswith(TEMPLATE):
            return ComposeCaption(self.vocabulary, self.recipes, recipe, needs)
        encoder, decoder = map(self._at, ROLES[CAPTION])
        words = FileTokens(self._beside(decoder, "tokenizer.json"))
        captioner = TritonCaptioner(self.client, words, encoder, decoder)
        return CaptionPhoto(captioner, self.vocabulary, self.recipes, recipe, needs)

    def _description(self, recipe: str) -> Operation:
        describer = HomeDescriber(
            settings.DESCRIBER_URL,
            settings.DESCRIBER_MODEL,
            settings.DESCRIBER_API_KEY,
            settings.DESCRIBER_TIMEOUT_S,
        )
        return DescribePhoto(describer, recipe)

    def _image_encoder(self) -> TritonImageEncoder:
        return TritonImageEncoder(self.client, self._at(roles.IMAGE_ENCODER))

    def _at(self, role: ModelSpec) -> ModelSpec:
        return role.at(self.active[role.name])

    def _text_beside(self, model: ModelSpec, file: str) -> str:
        """
        Raises:
            InferenceNotReady: it can't be read.
        """
        try:
            return self._beside(model, file).read_text("utf-8")
        except (OSError, ValueError) as exc:
            raise InferenceNotReady(
                f"{model.name}: {file} is missing or damaged: build it again."
            ) from exc

    def _beside(self, model: ModelSpec, file: str) -> Path:
        """A file that lies beside the model in the repository."""
        return self.repository / model.name / "1" / file
