"""How answers are written: as JSON, and errors as problem details."""

from collections.abc import Mapping
from typing import Any

from rest_framework.renderers import JSONRenderer

from config.problems import MEDIA_TYPE, problem

_FAILED = 400  # and what is above


class ProblemRenderer(JSONRenderer):
    """JSON; an error that says its `code` and `detail` is a problem, with all that it says else."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = renderer_context or {}
        response = context.get("response")
        if response is not None and response.status_code >= _FAILED and _is_error(data):
            response["Content-Type"] = MEDIA_TYPE
            data = problem(context["request"], response.status_code, data)
        return super().render(data, accepted_media_type, renderer_context)


def _is_error(data: Any) -> bool:
    return isinstance(data, dict) and {"code", "detail"} <= data.keys()
