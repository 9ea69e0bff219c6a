"""What an error says, beside what all problem details have."""

from typing import Any

_OF_ALL = {"type", "title", "status", "request_id"}


def said(answer: Any) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    return {name: value for name, value in body.items() if name not in _OF_ALL}
