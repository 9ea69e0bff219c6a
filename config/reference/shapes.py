"""What is sent and answered, by name: each shape on the page of the operations that have it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from config.reference.tables import table

SHARED = "shapes"  # the page of those that operations of several pages have
_REF = "#/components/schemas/"
_NO_LIMIT = 2**31 - 1  # of what is only as large as a column can hold
_HEAD = """# Shapes

Written by `manage.py reference`. What operations of several pages send or answer; other shapes are
below the operations that have them. A member that is *needed* has to be sent; any other may be left
out.
"""


def slug(title: str) -> str:
    """The anchor of a heading, as forges and sites make it."""
    return re.sub(r"[^\w -]", "", title.lower()).strip().replace(" ", "-")


@dataclass(frozen=True)
class Book:
    """The shapes of a schema, and on which page each of them is."""

    schemas: Mapping[str, Any]
    places: Mapping[str, str]

    @classmethod
    def of(cls, schemas: Mapping[str, Any], described: Mapping[str, Any]) -> Self:
        """`described`: the operations of each page, as the schema has them."""
        used = {page: _reached(schemas, operations) for page, operations in described.items()}
        places: dict[str, str] = {}
        for page, names in used.items():
            places |= {name: SHARED if name in places else page for name in names}
        return cls(schemas, places)

    def shared(self) -> str:
        return _HEAD + "".join(self.page(SHARED, depth=2))

    def page(self, page: str, *, depth: int = 3) -> list[str]:
        """Each shape that is on `page`, by name."""
        names = sorted(name for name, place in self.places.items() if place == page)
        return [self._section(name, page, "#" * depth) for name in names]

    def kind(self, schema: Mapping[str, Any], page: str) -> str:
        """What a value is, in a word or two, as `page` says it."""
        said = self._kind(schema, page)
        return f"{said} or null" if schema.get("nullable") else said

    def _kind(self, schema: Mapping[str, Any], page: str) -> str:
        said = "anything"
        match schema:
            case {"$ref": ref}:
                said = self._link(ref.removeprefix(_REF), page)
            case {"allOf": several} | {"oneOf": several} | {"anyOf": several}:
                kinds = (self.kind(each, page) for each in several if "BlankEnum" not in str(each))
                said = " or ".join(kinds)
            case {"enum": values}:
                said = ", ".join(f"`{value}`" for value in values)
            case {"type": "array", "items": items}:
                said = f"list of {self.kind(items, page)}"
            case {"type": "object", "additionalProperties": {"type": _} | {"$ref": _} as values}:
                said = f"object, each {self.kind(values, page)}"
            case {"type": kind}:
                said = f"{kind}{_bounds(schema)}"
        return said

    def _link(self, name: str, page: str) -> str:
        place = self.places[name]
        return f"[{name}]({'' if place == page else f'{place}.md'}#{slug(name)})"

    def _section(self, name: str, page: str, sharps: str) -> str:
        schema = self.schemas[name]
        if "enum" in schema:
            rows = table(("one of", "is"), _choices(schema))
            return f"\n{sharps} {name}\n\n{rows}"
        needed = schema.get("required", ()) if name.endswith("Request") else ()
        rows = table(
            ("member", "is", "what"),
            (
                (f"`{each}`", self.kind(said, page), what(said, needed=each in needed))
                for each, said in schema.get("properties", {}).items()
            ),
        )
        parts = [f"{sharps} {name}", schema.get("description", ""), rows.strip()]
        return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _reached(schemas: Mapping[str, Any], operations: Any) -> set[str]:
    """The names of shapes that operations have in them, also within others; no errors."""
    found: set[str] = set()
    left = list(_names(operations))
    while left:
        name = left.pop()
        if name not in found and not name.startswith("Problem"):
            found.add(name)
            left += _names(schemas[name])
    return found


def _names(said: Any) -> Iterator[str]:
    if isinstance(said, dict):
        if isinstance(ref := said.get("$ref"), str):
            yield ref.removeprefix(_REF)
        said = list(said.values())
    if isinstance(said, list):
        for each in said:
            yield from _names(each)


def _choices(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The values of an enumeration, with what they mean where that says more."""
    meanings = dict(re.findall(r"^\* `(.*?)` - (.*)$", schema.get("description", ""), re.MULTILINE))
    for value in schema["enum"]:
        meaning = meanings.get(str(value), "")
        yield f"`{value}`", "" if meaning.lower() == str(value).replace("_", " ") else meaning


def _bounds(schema: Mapping[str, Any]) -> str:
    """The form of a value and how large it may be, as far as somebody might meet that."""
    form = schema.get("format", "")
    known = f" ({form})" if form in {"uuid", "uri", "date", "date-time", "binary"} else ""
    least, most = schema.get("minimum"), schema.get("maximum")
    most = None if most is None or most >= _NO_LIMIT else most
    if most is not None:
        return f"{known}, {least if least is not None else '…'} to {most}"
    length = schema.get("maxLength")
    return f"{known}, {length} letters at most" if length else known


def what(schema: Mapping[str, Any], *, needed: bool) -> str:
    """What a member is for; what it is if it is left out."""
    said = schema.get("description", "").partition("\n\n*")[0]
    said = "" if said.startswith("* `") else said
    default = schema.get("default")
    parts = ["needed" if needed else "", said]
    parts.append("" if default in (None, "") else f"default: `{_shown(default)}`")
    return "; ".join(part for part in parts if part)


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
