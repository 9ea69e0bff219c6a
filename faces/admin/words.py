"""What an edit was, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from faces.models import Edit, Person

Names = Mapping[int, str]  # of people, by their keys
_PEOPLE = {"person", "into"}  # what is asked by a person's key
_COUNTED = {"faces", "clusters", "people"}
_ONE = {"faces": "face", "clusters": "cluster", "people": "person"}


def names_of(edits: Iterable[Edit]) -> Names:
    """Of all people whom `edits` were about and who are there still. One query."""
    keys = {key for edit in edits for key in edit.people}
    return dict(Person.objects.filter(pk__in=keys).values_list("pk", "name"))


def words(edit: Edit, names: Names) -> str:
    """Such as `Named a cluster: cluster clu_3f9a0c71d2be, name Anna`."""
    kind = Edit.Kind(edit.kind).label.capitalize()
    if edit.erased and not edit.asked:
        return f"{kind}: what it was has been erased with a person"
    said = [
        _said(key, value, names)
        for key, value in edit.asked.items()
        if value not in (None, "", []) and not isinstance(value, dict)  # what came of it
    ]
    return f"{kind}: {', '.join(said)}" if said else kind


def _said(key: str, value: Any, names: Names) -> str:
    match value:
        case bool():
            return key if value else f"not {key}"
        case int() if key in _PEOPLE:
            return f"{key} {names.get(value, f'number {value}')}"
        case list() if key in _COUNTED:
            return f"{len(value)} {_ONE[key] if len(value) == 1 else key}"
        case list():
            return f"{key} {' '.join(map(str, value))}"
    return f"{key} {value}"
