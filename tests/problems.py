"""What an error says, beside what all problem details have; and whether it may say so."""

from collections.abc import Mapping
from typing import Any

import pytest
from rest_framework.request import Request

from config import mishaps, problems

_OF_ALL = {"type", "title", "status", "request_id"}
_NO_OPERATION = {405}  # there is no such method: so there is nothing to describe


def said(answer: Any) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    return {name: value for name, value in body.items() if name not in _OF_ALL}


def watch_problems(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Those that are answered from now on, and that the schema does not have."""
    surprises: list[str] = []

    def problem(request: Request, status: int, body: Mapping[str, Any]) -> dict[str, Any]:
        view = (request.parser_context or {})["view"]
        if view.schema is not None and status not in _NO_OPERATION:
            known = mishaps.codes_of(type(view), str(request.method))
            if body["code"] not in known.get(status, ()):
                surprises.append(f"{request.method} {type(view)}: {status} {body['code']}")
        return problems.problem(request, status, body)

    monkeypatch.setattr("config.rendering.problem", problem)
    return surprises
