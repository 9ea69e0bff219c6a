"""How JSON is read that is longer than other requests may be."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

import orjson
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from jobs.errors import UploadTooLarge

_JSON_BYTES = 32 * 2**20  # three thousand for each photo of a batch: signed URLs are long


class LongJSONParser(BaseParser):
    """JSON that is longer than other requests may be."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        context = dict(parser_context or {})
        size = int(context["request"].META.get("CONTENT_LENGTH") or 0)
        if size > _JSON_BYTES:
            raise UploadTooLarge(f"The list has more than {_JSON_BYTES} bytes.")
        return self.read(stream, context)

    def read(self, stream: IO[Any], context: dict[str, Any]) -> Any:
        """
        Raises:
            ParseError: it is no JSON.
        """
        try:
            return JSONParser().parse(stream, self.media_type, context)
        except RecursionError as exc:
            raise ParseError("JSON parse error - too many lists in lists.") from exc


class NumbersJSONParser(LongJSONParser):
    """The same, where most of it is numbers: Python's own takes ten times as long for them.

    Whole numbers of more than 64 bits become floats.
    """

    def read(self, stream: IO[Any], context: dict[str, Any]) -> Any:
        data = stream.read()
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:  # it is said as elsewhere, and by the field where that goes
            return super().read(BytesIO(data), context)
