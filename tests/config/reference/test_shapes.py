"""Shapes, as their pages say them."""

from typing import Any

import pytest

from config.reference.shapes import SHARED, Book, slug, what
from config.reference.tables import table

SCHEMAS: dict[str, Any] = {
    "Box": {"type": "object", "properties": {"x": {"type": "number"}}},
    "Face": {
        "type": "object",
        "description": "Of somebody.",
        "properties": {"box": {"$ref": "#/components/schemas/Box"}},
    },
    "HowEnum": {
        "enum": ["manual", "matched"],
        "type": "string",
        "description": "* `manual` - somebody has said so\n* `matched` - Matched",
    },
    "Problem404InFaces": {"allOf": [{"$ref": "#/components/schemas/Problem"}]},
}
FACE, BOX = {"$ref": "#/components/schemas/Face"}, {"$ref": "#/components/schemas/Box"}
BOOK = Book.of(SCHEMAS, {"faces": [FACE, {"$ref": "#/components/schemas/HowEnum"}], "jobs": [BOX]})


class TestBook:
    def test_has_what_only_one_page_needs_on_that_page(self) -> None:
        assert BOOK.places == {"Face": "faces", "HowEnum": "faces", "Box": SHARED}

    def test_shows_a_shape_with_its_members(self) -> None:
        face, how = BOOK.page("faces")

        assert face == (
            "\n### Face\n\nOf somebody.\n\n"
            "| member | is | what |\n| --- | --- | --- |\n| `box` | [Box](shapes.md#box) |  |\n"
        )
        assert "| `manual` | somebody has said so |\n| `matched` |  |" in how

    def test_has_a_page_of_what_several_need(self) -> None:
        assert "\n## Box\n" in BOOK.shared()

    @pytest.mark.parametrize(
        ("schema", "said"),
        [
            ({}, "anything"),
            (FACE, "[Face](#face)"),
            ({"allOf": [BOX], "nullable": True}, "[Box](shapes.md#box) or null"),
            (
                {"type": "array", "items": {"type": "string", "format": "uuid"}},
                "list of string (uuid)",
            ),
            ({"type": "integer", "minimum": 0, "maximum": 10}, "integer, 0 to 10"),
            ({"type": "integer", "minimum": 1, "maximum": 2**63 - 1}, "integer"),
            ({"type": "string", "maxLength": 200}, "string, 200 letters at most"),
            ({"enum": ["a", 1]}, "`a`, `1`"),
            ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, "string or integer"),
            (
                {"type": "object", "additionalProperties": {"type": "integer"}},
                "object, each integer",
            ),
        ],
    )
    def test_says_what_a_value_is(self, schema: dict[str, Any], said: str) -> None:
        assert BOOK.kind(schema, "faces") == said


class TestWhat:
    def test_says_whether_a_member_has_to_be_sent_and_what_it_is_if_not(self) -> None:
        assert what({"description": "A name."}, needed=True) == "needed; A name."
        assert what({"default": True}, needed=False) == "default: `true`"
        assert what({"description": "* `a` - b", "default": ""}, needed=False) == ""


class TestSlug:
    def test_is_the_anchor_of_a_heading(self) -> None:
        assert slug("`GET /api/v1/jobs/{id}/`") == "get-apiv1jobsid"
        assert slug("Whatever is asked") == "whatever-is-asked"


class TestTable:
    def test_keeps_a_cell_in_its_line_and_its_column(self) -> None:
        assert table(("a", "b"), [("x|y", "one\ntwo")]) == (
            "| a | b |\n| --- | --- |\n| x\\|y | one two |\n"
        )

    def test_without_rows_is_nothing(self) -> None:
        assert table(("a", "b"), []) == ""
