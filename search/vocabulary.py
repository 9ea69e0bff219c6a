"""The words for what can be seen in photos: files that users edit, one a language.

What a tag is called may differ between languages and change at any time: rows hold its key.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Self

from search.errors import VocabularyError
from search.vocabulary_file import Counted, Language, Wording, read

DEFAULT_LANGUAGE = "en"
_FILE_NAME = re.compile(r"([a-z]{2,3}(?:-[A-Za-z0-9]{2,6})?)\.yaml")
PEOPLE = "people:"  # begins the keys of tags that count people; no key of a file has a colon
_COUNT = re.compile(rf"{PEOPLE}([1-9][0-9]*)")


@dataclass(frozen=True)
class Concept:
    """What a photo can be tagged with. It may be missing in some languages."""

    key: str
    is_context: bool  # what is going on, such as shaking hands
    wordings: Mapping[str, Wording]  # by language

    @property
    def words(self) -> dict[str, str]:
        return {language: wording.word for language, wording in self.wordings.items()}

    @property
    def prompts(self) -> dict[str, tuple[str, ...]]:
        return {language: wording.prompts for language, wording in self.wordings.items()}


@dataclass(frozen=True, eq=False)  # what is made of one can be kept with it
class Vocabulary:
    languages: Mapping[str, Language]
    concepts: tuple[Concept, ...]

    @classmethod
    def of(cls, languages: Mapping[str, Language]) -> Self:
        """
        Raises:
            VocabularyError: a key is a tag in one language and a context in another.
        """
        tags = _keys(language.tags for language in languages.values())
        contexts = _keys(language.contexts for language in languages.values())
        both = sorted(tags.keys() & contexts.keys())
        if both:
            raise VocabularyError(
                f"{both[0]}: it is under `tags` in one place and under `contexts` in another: "
                "give one of them another key."
            )
        concepts = [
            Concept(key, key in contexts, _wordings(key, languages)) for key in tags | contexts
        ]
        return cls(languages, tuple(concepts))

    @cached_property
    def digest(self) -> str:
        """16 hex digits of all that decides which tags a photo gets: keys and prompts."""
        decisive = sorted((each.key, each.is_context, each.prompts) for each in self.concepts)
        return hashlib.sha256(json.dumps(decisive, sort_keys=True).encode()).hexdigest()[:16]

    @cached_property
    def words_digest(self) -> str:
        """16 hex digits of all words for tags, objects and people: not of prompts and sentences."""
        said = [
            (
                name,
                sorted(
                    (key, each.word) for key, each in {**language.tags, **language.contexts}.items()
                ),
                sorted((label, each.one, each.many) for label, each in language.objects.items()),
                (language.people.one, language.people.many),
            )
            for name, language in sorted(self.languages.items())
        ]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]

    def word(self, key: str, language: str) -> str:
        """What a tag or context is called in `language`, or else in English, or in any.

        A key that is not in the vocabulary any more is shown as it is, without underscores.
        """
        if people := _COUNT.fullmatch(key):
            count = int(people[1])
            return self.language(language).people.of(count, str(count))
        concept = self._by_key.get(key)
        if concept is None:
            return key.replace("_", " ")
        said = concept.wordings
        return next(said[each].word for each in self._preferred(language) if each in said)

    def language(self, language: str) -> Language:
        """What the file of `language` says, or else the English one, or any."""
        return self.languages[self._preferred(language)[0]]

    def wording(self, key: str, language: str) -> Wording | None:
        """The concept's wording in the very language that `language()` gives, if it is there."""
        concept = self._by_key.get(key)
        return concept.wordings.get(self._preferred(language)[0]) if concept else None

    def thing(self, label: str, count: int, language: str) -> str:
        """`count` things of an object detector's class, such as "three cats"."""
        number = self.language(language).sentence.number(count)
        for each in self._preferred(language):
            if counted := self.languages[each].objects.get(label):
                return counted.of(count, number)
        return label if count == 1 else f"{label} ({count})"

    @cached_property
    def object_words(self) -> dict[str, tuple[str, ...]]:
        """Class of an object detector -> the words that questions have for it, in any language."""
        labels = _keys(language.objects for language in self.languages.values())
        counted = {
            label: [
                each.objects[label] for each in self.languages.values() if label in each.objects
            ]
            for label in labels
        }
        return {
            label: tuple(dict.fromkeys(word for each in found for word in each.words))
            for label, found in counted.items()
        }

    @cached_property
    def phrases(self) -> frozenset[str]:
        """What tags and contexts are called in more than one word, casefolded."""
        return frozenset(word for word in self._names if " " in word)

    @cached_property
    def words(self) -> frozenset[str]:
        """What tags and contexts are called in one word, casefolded."""
        return self._names - self.phrases

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(word.casefold() for each in self.concepts for word in each.words.values())

    @cached_property
    def _by_key(self) -> dict[str, Concept]:
        return {concept.key: concept for concept in self.concepts}

    def _preferred(self, language: str) -> list[str]:
        """The languages that there are, best first: `id-ID` is content with `id`."""
        wished = (language, language.partition("-")[0], DEFAULT_LANGUAGE, *sorted(self.languages))
        return [each for each in dict.fromkeys(wished) if each in self.languages]


def people_key(count: int) -> str:
    """The tag of a photo of so many people."""
    return f"{PEOPLE}{count}"


def load(folder: Path) -> Vocabulary:
    """The vocabulary of the files in `folder`, as they are now: read each time, parsed once.

    Raises:
        VocabularyError: naming the file, the key, and what to do.
    """
    files = sorted(folder.glob("*.y*ml"))
    if not files:
        raise VocabularyError(
            f"{folder.name}: there is no file such as en.yaml: add one, or set VOCABULARY_DIR."
        )
    try:
        return _parsed(tuple((file.name, file.read_bytes()) for file in files))
    except OSError as exc:
        name = Path(exc.filename).name
        raise VocabularyError(f"{name}: it can't be read: {exc.strerror}.") from exc


@lru_cache(maxsize=4)
def _parsed(files: tuple[tuple[str, bytes], ...]) -> Vocabulary:
    return Vocabulary.of({_language_of(name): read(name, data) for name, data in files})


def _language_of(name: str) -> str:
    if language := _FILE_NAME.fullmatch(name):
        return language[1]
    raise VocabularyError(f"{name}: name the file after its language, such as id.yaml.")


def _keys(
    sections: Iterator[Mapping[str, Wording]] | Iterator[Mapping[str, Counted]],
) -> dict[str, None]:
    """In the order of the files."""
    return dict.fromkeys(key for section in sections for key in section)


def _wordings(key: str, languages: Mapping[str, Language]) -> dict[str, Wording]:
    found = {
        name: language.tags.get(key) or language.contexts.get(key)
        for name, language in languages.items()
    }
    return {name: wording for name, wording in found.items() if wording}
