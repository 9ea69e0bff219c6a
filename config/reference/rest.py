"""The pages of operations, of the schema that the service tells (`/api/schema/`): one a group."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from config.access.listing import endpoints
from config.access.table import ANYBODY, Need
from config.mishaps import APPS
from config.reference.shapes import SHARED, Book, slug, what
from config.reference.tables import table

GROUPS: Mapping[str, tuple[str, str]] = {  # their tags, and what they are for
    "process": ("process", "Sending photos"),
    "jobs": ("jobs events", "Jobs, and being told while it happens"),
    "photos": ("photos media", "Photos and files"),
    "faces": ("faces", "Faces and clusters"),
    "people": ("people edits erasures", "People, edits, erasures"),
    "search": ("search", "Search"),
    "webhooks": ("webhooks", "Webhooks"),
    "keys": ("keys", "API keys"),
    "models": ("models", "Models"),
    "operation": ("admin health livez readyz metrics", "Health, metrics, cleaning up"),
    "worker": ("worker", "Remote workers"),
    "others": ("api job", "As other systems had it"),
}
_INDEX = """# REST API

Written by `manage.py reference`, of the schema that the service itself tells: `/api/schema/`, and
to try at `/api/docs/`. What the operations are for is in [api.md](../../api.md) and the pages from
there; who may ask what, in one table, in [permissions.md](../../permissions.md).

Addresses answer with and without the slash at their end. Bodies and answers are JSON where nothing
else is said.

"""
_PAGE = """# {title}

Written by `manage.py reference`. [All operations](index.md), [all error codes](../errors.md).
"""
_ERRORS = "- Errors: [of {app}](../errors.md#{first}) and below, and [of whatever is asked]({all})."
_ANYBODY = "../errors.md#whatever-is-asked"
_METHODS = ("get", "post", "put", "patch", "delete")
_APP = re.compile(r"Problem\d+In([A-Z][a-z]+?)(?:Sending)?$")
_MEDIA = {
    "application/json": "JSON",
    "multipart/form-data": "a form with files",
    "application/x-www-form-urlencoded": "a form",
}


def pages() -> Mapping[str, str]:
    generator: Any = SchemaGenerator  # has no types
    schema = generator().get_schema(request=None, public=True)
    groups = {name: list(_operations(schema, tags)) for name, (tags, _) in GROUPS.items()}
    described = {name: [each.said for each in group] for name, group in groups.items()}
    book = Book.of(schema["components"]["schemas"], described)
    texts = {name: _page(name, group, book) for name, group in groups.items()}
    return {"index": _index(groups), SHARED: book.shared(), **texts}


@dataclass(frozen=True)
class _Operation:
    method: str
    path: str
    said: Any  # of it, in the schema
    need: Need

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def first(self) -> str:
        """The first sentence of what it does."""
        return re.split(r"(?<=\.) |\n", self.said.get("description", ""))[0]


def _operations(schema: Any, tags: str) -> Iterator[_Operation]:
    """Those of these tags, in the order of their addresses."""
    needs = {(_plain(each.path), each.method): each.need for each in endpoints()}
    for path, acts in schema["paths"].items():
        for method in _METHODS:
            if method in acts and acts[method]["tags"][0] in tags.split():
                need = needs.get((_plain(path), method)) or ANYBODY
                yield _Operation(method, path, acts[method], need)


def _plain(path: str) -> str:
    """Whatever the parts are called that vary."""
    return re.sub("[<{][^>}]*[>}]", "{}", path)


def _index(groups: Mapping[str, list[_Operation]]) -> str:
    parts = [_INDEX]
    for name, group in groups.items():
        rows = [(f"[`{each.title}`]({name}.md#{slug(each.title)})", each.first) for each in group]
        parts.append(f"## {GROUPS[name][1]}\n\n{table(('operation', 'what'), rows)}\n")
    return "".join(parts).rstrip("\n") + "\n"


def _page(name: str, group: list[_Operation], book: Book) -> str:
    texts = [_PAGE.format(title=GROUPS[name][1]), *(_section(each, name, book) for each in group)]
    if own := book.page(name):
        texts += ["\n## Shapes\n\nThose that only these operations have.\n", *own]
    return "".join(texts)


def _section(operation: _Operation, page: str, book: Book) -> str:
    said = operation.said
    parameters = [
        (
            f"`{each['name']}`",
            each["in"],
            book.kind(each["schema"], page),
            what(each, needed=each["in"] == "query" and each.get("required", False)),
        )
        for each in said.get("parameters", ())
    ]
    parts = [f"## `{operation.title}`", said.get("description", "").strip()]
    parts += [table(("parameter", "in", "is", "what"), parameters).strip()]
    parts += ["\n".join(_facts(operation, page, book))]
    return "\n" + "\n\n".join(part for part in parts if part) + "\n"


def _facts(operation: _Operation, page: str, book: Book) -> Iterator[str]:
    """What it asks of the caller, what is sent, what is answered."""
    need = operation.need
    scope = f", with the scope `{need.scope}`" if need.scope else ""
    right = f", as staff with the right `{need.right}`" if need.right else ""
    yield f"- Comes with {need.way}{scope}{right}."
    if sent := operation.said.get("requestBody", {}).get("content"):
        ways = ", ".join(_MEDIA[each] for each in sorted(sent))
        kinds = dict.fromkeys(book.kind(each["schema"], page) for each in sent.values())
        yield f"- Sent is {' or '.join(kinds)}, as {ways}."
    for status, answer in sorted(operation.said["responses"].items()):
        if "application/problem+json" not in (content := answer.get("content", {})):
            yield f"- `{status}`: {_answered(content, page, book)}."
        elif found := _APP.search(content["application/problem+json"]["schema"]["$ref"]):
            app = found[1].lower()
    first = APPS[1] if app == APPS[0] else app  # the topmost has no errors of its own
    yield _ERRORS.format(app=app, first=first, all=_ANYBODY)


def _answered(content: Mapping[str, Any], page: str, book: Book) -> str:
    """What an answer has in it, and what that is, if it is not JSON."""
    kinds = [
        book.kind(each.get("schema", {}), page) if media == "application/json" else f"`{media}`"
        for media, each in content.items()
    ]
    return " or ".join(kinds) or "nothing"
