"""The page of error codes: those of the house's errors, and those of whatever is asked."""

import inspect
from collections.abc import Iterator
from typing import Any

from rest_framework import exceptions

from config.mishaps import ANYBODY, APPS, OF_BODIES, OF_JOBS, OF_TRAINERS, PROBLEM
from config.reference.tables import table
from config.statuses import errors, status_of

_HEAD = """# Error codes

Written by `manage.py reference`, of the code.

An error is answered as `application/problem+json` (RFC 9457), whatever has refused it:

"""
_CODES = """
`code` never changes, and is for programs; more codes may come. *Again* says whether a worker tries
by itself what has failed so; of an answer, that the same request may be granted a moment later. An
operation of an app may answer with the errors of that app and of the apps below it, in the order of
this page; the pages of [operations](rest/index.md) say of which app each one is.

## Whatever is asked

"""
_TRAINERS = """
## Trainers

A job that [trains a head](../people.md#learning-from-what-is-confirmed) may end with 422 and one of
these codes of the trainer; [its page](../../training/README.md) explains them:

"""
_SAID = {  # of those that are no exception of the house, and none of the REST framework
    "address_not_allowed": "`ALLOWED_IPS` leaves out where this comes from.",
    "cancelled": "The job was cancelled before it was done.",
    "credential_in_address": "The address has a key or a password in it, where logs keep it.",
    "database_unavailable": "The database gives no answer. What was just sent may be stored.",
    "findings_outdated": "What was found does not fit any more what is there by now.",
    "internal_error": "What nobody has foreseen. The log has it, by the request's or job's id.",
    "invalid": "A value is not as it has to be; `fields` says which, and why.",
    "several_credentials": "More than one key, token or password was shown.",
    "too_large": "More than may be sent at once.",
    "unsupported_media_type": "What is sent is of a type that this operation does not read.",
    "worker_died": "A worker has died with it, and three more that had nothing else in hand.",
}


def as_markdown() -> str:
    members = ((f"`{name}`", _what(kind)) for name, kind in PROBLEM["properties"].items())
    parts = [_HEAD, table(("member", "what"), members), _CODES, _of_anybody()]
    parts += [_of_app(app) for app in APPS if app != "config"]
    trainers = (f"`{code}`" for code in sorted(OF_TRAINERS.split()))
    return "".join((*parts, _TRAINERS, ", ".join(trainers), ".\n"))


def _of_anybody() -> str:
    rows = [
        (f"`{code}`", status, _said(code))
        for status, codes in (*ANYBODY, *OF_BODIES)
        for code in sorted(codes.split())
    ]
    return table(("code", "status", "what"), rows)


def _of_app(app: str) -> str:
    rows = sorted({*_declared(app), *(_of_jobs() if app == "jobs" else ())})
    return f"\n## {app.title()}\n\n" + table(("code", "status", "again", "what"), rows)


def _declared(app: str) -> Iterator[tuple[str, int, str, str]]:
    for error in errors():
        if error.__module__.partition(".")[0] == app:
            facts: Any = error
            again = "yes" if facts.retryable else ""
            yield f"`{facts.code}`", status_of(error), again, _sentences(error)


def _of_jobs() -> Iterator[tuple[str, int, str, str]]:
    """How a job may end that its worker has not ended with an error of the house."""
    known = {vars(error)["code"] for error in errors()} | {*OF_TRAINERS.split()}
    for status, codes in OF_JOBS:
        for code in codes.split():
            if code not in known:
                yield f"`{code}`", status, "", _said(code)


def _said(code: str) -> str:
    return _SAID.get(code) or _of_the_framework()[code]


def _of_the_framework() -> dict[str, str]:
    kinds: list[Any] = exceptions.APIException.__subclasses__()
    return {each.default_code: str(each.default_detail) for each in kinds}


def _sentences(error: type[Exception]) -> str:
    """How its docstring begins: what it means."""
    return inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0]


def _what(member: dict[str, Any]) -> str:
    kind = "number" if member["type"] == "integer" else "object"
    return member.get("description") or {"string": "A text."}.get(member["type"], f"A {kind}.")
