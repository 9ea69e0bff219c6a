"""How the schema shows errors: which ones an operation may answer with, and what they look like.

No view repeats it. An operation may answer with the errors of its own app and of the apps below. A
test looks at every error that any test is answered with.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from drf_spectacular.openapi import AutoSchema

from config.problems import MEDIA_TYPE
from config.statuses import errors, status_of

APPS = ("config", "jobs", "search", "faces", "photos", "inference")  # imports go down only
_SENDS = frozenset(("POST", "PUT", "PATCH"))
ANYBODY = (  # before a view is asked, or of whatever it is asked
    (400, "credential_in_address several_credentials invalid"),
    (401, "not_authenticated authentication_failed"),
    (403, "permission_denied address_not_allowed"),
    (404, "not_found"),
    (406, "not_acceptable"),
    (429, "throttled"),
    (503, "database_unavailable"),
)
OF_BODIES = ((400, "parse_error"), (413, "too_large"), (415, "unsupported_media_type"))
OF_TRAINERS = (  # training/README.md
    "too_few_people too_few_faces labels_contradict faces_repeated faces_unknown "
    "vectors_not_finite vectors_not_unit training_diverged model_differs faces_unreadable "
    "checkpoint_unreadable field_missing field_wrong arguments_wrong out_exists not_kept "
    "report_unreadable name_wrong not_publishable"
)
OF_JOBS = (
    (422, "invalid cancelled too_large findings_outdated"),
    (500, "internal_error worker_died"),
    (422, OF_TRAINERS),
)
OF_SEARCHES = ((422, "invalid"),)
_SCHEMAS = "#/components/schemas/"
_TEXT = {"type": "string"}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, as RFC 9457 has it.",
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "A name, not an address."},
        "title": _TEXT,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Never changes: for programs."},
        "detail": {"type": "string", "description": "A sentence: for people."},
        "request_id": {"type": "string", "description": "Also in the log."},
        "fields": {
            "type": "object",
            "additionalProperties": {},
            "description": "What is wrong with which field, if some are.",
        },
        "job_id": {"type": "string", "format": "uuid", "description": "Of what has failed."},
    },
    "required": ["type", "title", "status", "code", "detail", "request_id"],
}
Codes = Mapping[int, frozenset[str]]


def codes_of(view: type[Any], method: str) -> Codes:
    """Which codes an operation may answer with, by the status they have."""
    found: defaultdict[int, set[str]] = defaultdict(set)
    for status, code in _codes(view.__module__.partition(".")[0], sends=method in _SENDS):
        found[status].add(code)
    return {status: frozenset(codes) for status, codes in sorted(found.items())}


def _codes(app: str, *, sends: bool) -> Iterator[tuple[int, str]]:
    below = APPS[APPS.index(app) :]
    for error in errors():
        if error.__module__.partition(".")[0] in below:
            yield status_of(error), vars(error)["code"]
    for rows, holds in (
        (ANYBODY, True),
        (OF_BODIES, sends),
        (OF_JOBS, app == "jobs"),
        (OF_SEARCHES, app == "search"),
    ):
        for status, codes in rows:
            yield from ((status, code) for code in codes.split() if holds)


class Described(AutoSchema):
    """drf-spectacular's, with the errors of each operation."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        for status in codes_of(type(self.view), self.method):
            body = bodies.setdefault(str(status), {"description": HTTPStatus(status).phrase})
            name = _name(type(self.view), self.method, status)
            content = body.setdefault("content", {})
            content[MEDIA_TYPE] = {"schema": {"$ref": f"{_SCHEMAS}{name}"}}
            _known[name] = (type(self.view), self.method, status)
        return bodies


def with_problems(result: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """Put the errors that operations point at into `result`. Most operations have the same.

    After the hook that names enumerations: codes are no enumeration that has another name.
    """
    schemas = result["components"]["schemas"]
    schemas["Problem"] = PROBLEM
    for name, (view, method, status) in sorted(_known.items()):
        code = {"type": "string", "enum": sorted(codes_of(view, method)[status])}
        said = {"status": {"type": "integer", "enum": [status]}, "code": code}
        of_all = {"$ref": f"{_SCHEMAS}Problem"}
        schemas[name] = {"allOf": [of_all, {"type": "object", "properties": said}]}
    return result


def _name(view: type[Any], method: str, status: int) -> str:
    """The same for all that have the same codes: those of an app that take a body, or do not."""
    app = view.__module__.partition(".")[0].title()
    return f"Problem{status}In{app}" + ("Sending" if method in _SENDS else "")


_known: dict[str, tuple[type[Any], str, int]] = {}  # by their names
