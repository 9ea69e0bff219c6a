"""What an edit was, in words."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy
from django_stubs_ext import StrOrPromise

from faces.models import Edit, Person

Names = Mapping[int, str]  # of people, by their keys
_PEOPLE = {"person", "into"}  # what is asked by a person's key
_COUNTED = {
    "faces": ngettext_lazy("%(count)s face", "%(count)s faces", "count"),
    "clusters": ngettext_lazy("%(count)s cluster", "%(count)s clusters", "count"),
    "people": ngettext_lazy("%(count)s person", "%(count)s people", "count"),
}
_CALLED: Mapping[str, StrOrPromise] = {
    "aliases": _("aliases"),
    "box": _("box"),
    "cluster": _("cluster"),
    "contact_id": _("contact id"),
    "cover": _("cover"),
    "deleted": _("deleted"),
    "detector": _("detector"),
    "edit": _("edit"),
    "erasure": _("erasure"),
    "face": _("face"),
    "favourite": _("favourite"),
    "first": _("first"),
    "hidden": _("hidden"),
    "ignored": _("ignored"),
    "into": _("into"),
    "name": _("name"),
    "parts": _("parts"),
    "person": _("person"),
    "photo": _("photo"),
    "same": _("same"),
    "second": _("second"),
    "taken_back": _("taken back"),
    "unrecognised": _("not recognised"),
}


def names_of(edits: Iterable[Edit]) -> Names:
    """Of all people whom `edits` were about and who are there still. One query."""
    keys = {key for edit in edits for key in edit.people}
    return dict(Person.objects.filter(pk__in=keys).values_list("pk", "name"))


def words(edit: Edit, names: Names) -> str:
    """Such as `Named a cluster: cluster clu_3f9a0c71d2be, name Anna`."""
    kind = str(Edit.Kind(edit.kind).label).capitalize()
    if edit.erased and not edit.asked:
        return _("%(kind)s: what it was has been erased with a person") % {"kind": kind}
    said = [
        _said(key, value, names)
        for key, value in edit.asked.items()
        if value not in (None, "", []) and not isinstance(value, dict)  # what came of it
    ]
    return f"{kind}: {', '.join(said)}" if said else kind


def _said(key: str, value: Any, names: Names) -> str:
    called = str(_CALLED.get(key, key))
    match value:
        case bool():
            return called if value else _("not %(what)s") % {"what": called}
        case int() if key in _PEOPLE:
            return f"{called} {names.get(value) or _('number %(key)d') % {'key': value}}"
        case list() if key in _COUNTED:
            return _COUNTED[key] % {"count": len(value)}
        case list():
            return f"{called} {' '.join(map(str, value))}"
    return f"{called} {value}"
