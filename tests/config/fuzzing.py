"""Asks what the schema allows, and what it does not, as somebody; looks at each answer."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import hypothesis
from django.core.signals import request_finished
from django.db import close_old_connections, transaction
from django.test.client import ClientHandler
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import content_type_conformance, response_schema_conformance
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_wsgi

SEED = 1
SERVER_ERROR = 500
AWAY = (
    b'"inference_unavailable"',
    b'"models":false',
    b'"status":"unavailable"',
    b'"inference_not_ready"',
)  # there is no Triton
CREDENTIALS = ("Authorization", "X-API-Key")  # which are ours to give
CHECKS = [content_type_conformance, response_schema_conformance]
# They end their connection to the database, or want a transaction of their own.
APART = ("/events/", "/people/export/", "/disclosure/")
_handler = ClientHandler(enforce_csrf_checks=False)


def application(environ: Any, start_response: Callable[..., Any]) -> list[bytes]:
    """The service as WSGI, in the test's own transaction."""
    response = _handler(environ)
    request_finished.disconnect(close_old_connections)  # the test's is to stay
    try:
        body = b"".join(response)
        response.close()
    finally:
        request_finished.connect(close_old_connections)
    status = f"{response.status_code} {response.reason_phrase}"
    start_response(status, list(response.items()))
    return [body]


@cache
def operations() -> tuple[Any, ...]:
    """All of our schema."""
    schema: Any = from_wsgi("/api/schema/?format=json", application)
    return tuple(each.ok() for each in schema.get_all_operations())


@dataclass
class Fuzz:
    """Somebody who asks: with which headers, for which ids, and what they must never be told."""

    headers: Mapping[str, str]
    ids: Sequence[str]  # of rows that are there, theirs and others'
    secrets: Iterable[str]
    examples: int
    savepoints: bool = True  # what is asked changes nothing for who asks next
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def run(self, operation: Any) -> None:
        """Ask `operation` in so many ways, the same ones each time."""
        cases = _cases(operation)

        @hypothesis.seed(SEED)
        @hypothesis.settings(
            max_examples=self.examples,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(st.data())
        def asked(data: Any) -> None:
            case = data.draw(cases)
            for name in case.path_parameters or {}:
                if data.draw(st.booleans()):
                    case.path_parameters[name] = data.draw(st.sampled_from(self.ids))
            self._ask(case)

        asked()

    def _ask(self, case: Any) -> None:
        case.cookies = {}
        for name in CREDENTIALS:
            case.headers.pop(name, None)
        before = transaction.savepoint() if self.savepoints else None
        answer = case.call(headers={"Prefer": "respond-async", **self.headers})
        if before:
            transaction.savepoint_rollback(before)
        self.answers[answer.status_code] += 1
        self.wrong += [f"{case.operation.label}: {each}" for each in self._faults(case, answer)]

    def _faults(self, case: Any, answer: Any) -> Iterator[str]:
        if answer.status_code >= SERVER_ERROR and not any(each in answer.content for each in AWAY):
            yield f"{answer.status_code} {case.as_curl_command()}"
        for secret in self.secrets:
            if secret.encode() in answer.content:
                yield f"tells {secret}: {case.as_curl_command()}"
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as exc:
            yield "\n".join(str(each) for each in exc.exceptions)


def _cases(operation: Any) -> Any:
    """Requests that are as the schema has them, and others."""
    good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    try:
        bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)
    except InvalidSchema:  # nothing about it can be wrong
        return good
    return good | bad
