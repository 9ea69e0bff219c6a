"""One file of the vocabulary, read with care: a slip is told, never guessed around."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

import yaml

from search.errors import VocabularyError
from search.models import MAX_LABEL

# What a sentence is made of -> its templates. Names say which parts each has a place for.
TEMPLATES = (
    "people",
    "people_things",
    "people_scene",
    "people_things_scene",
    "things",
    "things_scene",
    "subject",
    "scene",
    "nothing",
    "text",
)
_KEY = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Wording:
    """A concept in one language."""

    word: str
    prompts: tuple[str, ...]  # sentences that a text encoder compares photos with
    scene: str = ""  # where it puts what else is in the photo, such as "at the beach"
    subject: str = ""  # what the photo is of, if nothing else is in it, such as "a beach"


@dataclass(frozen=True)
class Counted:
    """A thing in one language: one of it, and `{count}` of it."""

    one: str
    many: str
    words: tuple[str, ...] = ()  # by which questions ask for it

    def of(self, count: int, number: str) -> str:
        """`count` of it, where `number` is the word or the digits for that."""
        return self.one if count == 1 else self.many.format(count=number)


@dataclass(frozen=True)
class SentenceParts:
    """How sentences about photos are made in one language."""

    numbers: tuple[str, ...]  # words for 1, 2, 3 ...; digits go on from there
    separator: str  # between the members of a list
    pair: str  # between two
    last: str  # before the last of more
    templates: Mapping[str, str]

    def number(self, count: int) -> str:
        return self.numbers[count - 1] if 1 <= count <= len(self.numbers) else str(count)


@dataclass(frozen=True)
class Language:
    """What one file says."""

    tags: Mapping[str, Wording]
    contexts: Mapping[str, Wording]
    objects: Mapping[str, Counted]  # by the class of an object detector
    people: Counted
    sentence: SentenceParts


def read(name: str, data: bytes) -> Language:
    """What the file called `name` says.

    Raises:
        VocabularyError: naming the file, the key, and what to do.
    """
    sections = _fields(
        _yaml(name, data), name, ("tags", "contexts", "objects", "people", "sentence")
    )
    tags = _concepts(sections["tags"], f"{name}: tags")
    contexts = _concepts(sections["contexts"], f"{name}: contexts")
    if not tags:
        raise VocabularyError(f"{name}: tags: there are none: add one.")
    return Language(
        tags=tags,
        contexts=contexts,
        objects=_objects(sections["objects"], f"{name}: objects"),
        people=_counted(sections["people"], f"{name}: people"),
        sentence=_sentence(sections["sentence"], f"{name}: sentence"),
    )


class _Loader(yaml.SafeLoader):
    """YAML without surprises: a key that is there twice is an error, not the last one's value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002  # PyYAML's signature
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} is there twice: remove one", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _yaml(name: str, data: bytes) -> Any:
    try:
        return yaml.load(data, _Loader)  # noqa: S506  # a safe loader
    except yaml.MarkedYAMLError as exc:
        line = f"line {exc.problem_mark.line + 1}: " if exc.problem_mark else ""
        raise VocabularyError(f"{name}: {line}{exc.problem}.") from exc
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise VocabularyError(f"{name}: it is no YAML text in UTF-8: {exc}.") from exc


def _concepts(value: Any, where: str) -> dict[str, Wording]:
    found = {}
    for key, fields in _mapping(value, where).items():
        if not _KEY.fullmatch(key) or len(key) > MAX_LABEL:
            raise VocabularyError(
                f"{where}.{key}: write keys in small letters, digits and underscores, "
                f"such as group_photo, {MAX_LABEL} at most."
            )
        found[key] = _wording(fields, f"{where}.{key}")
    return found


def _wording(value: Any, where: str) -> Wording:
    fields = _fields(value, where, ("word", "prompts"), ("scene", "subject"))
    prompts = _texts(fields.pop("prompts"), f"{where}.prompts")
    return Wording(
        prompts=prompts, **{name: _text(field, f"{where}.{name}") for name, field in fields.items()}
    )


def _objects(value: Any, where: str) -> dict[str, Counted]:
    things = _mapping(value, where).items()
    return {label: _counted(fields, f"{where}.{label}") for label, fields in things}


def _counted(value: Any, where: str) -> Counted:
    fields = _fields(value, where, ("one", "many"), ("words",))
    return Counted(
        _text(fields["one"], f"{where}.one"),
        _template(fields["many"], f"{where}.many", {"count"}),
        _texts(fields["words"], f"{where}.words") if "words" in fields else (),
    )


def _sentence(value: Any, where: str) -> SentenceParts:
    joints = ("separator", "pair", "last")
    fields = _fields(value, where, ("numbers", *joints, *TEMPLATES))
    return SentenceParts(
        numbers=_texts(fields["numbers"], f"{where}.numbers"),
        **{name: _text(fields[name], f"{where}.{name}", strip=False) for name in joints},
        templates={
            name: _template(fields[name], f"{where}.{name}", _places(name)) for name in TEMPLATES
        },
    )


def _places(template: str) -> set[str]:
    return set() if template == "nothing" else set(template.split("_"))


def _template(value: Any, where: str, places: set[str]) -> str:
    """Text with exactly these `places`, each as {name}."""
    text = _text(value, where)
    wanted = ", ".join(f"{{{place}}}" for place in sorted(places)) or "nothing in braces"
    try:
        found = [tuple(part[1:]) for part in Formatter().parse(text) if part[1] is not None]
    except ValueError as exc:
        raise VocabularyError(f"{where}: {exc}: it must hold {wanted}.") from exc
    if len(found) != len(places) or set(found) != {(place, "", None) for place in places}:
        raise VocabularyError(f"{where}: it must hold {wanted}, once and nothing else in braces.")
    return text


def _fields(
    value: Any, where: str, needed: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    fields = _mapping(value, where)
    known = [*needed, *optional]
    for name in fields:
        if name not in known:
            raise VocabularyError(f"{where}: unknown field {name!r}: use {', '.join(known)}.")
    for name in needed:
        if name not in fields:
            raise VocabularyError(f"{where}: {name!r} is missing: add it.")
    return dict(fields)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise VocabularyError(f"{where}: it must be a list of `name: value`, not {_kind(value)}.")
    for key in value:
        if not isinstance(key, str):
            raise VocabularyError(f"{where}: the name {key!r} is not text: put it in quotes.")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise VocabularyError(f"{where}: it must be a list of at least one text.")
    return tuple(_text(each, f"{where}[{number}]") for number, each in enumerate(value))


def _text(value: Any, where: str, *, strip: bool = True) -> str:
    if not isinstance(value, str):
        raise VocabularyError(f"{where}: it must be text, not {_kind(value)}: put it in quotes.")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise VocabularyError(f"{where}: it holds what is no letter: write it anew.")
    if not value.strip():
        raise VocabularyError(f"{where}: it is empty: write something, or remove it.")
    return value.strip() if strip else value


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
