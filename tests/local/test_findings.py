from typing import Any

import pytest

from local.findings import Box, Face, Scene
from tests.local.findings import make_caption, make_line, make_scene, make_tag, make_thing


class TestFace:
    def test_is_what_the_api_tells(self) -> None:
        told = {
            "id": 7,
            "box": {"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0},
            "landmarks": [],
            "confidence": 0.5,
            "quality": 0.5,
            "cluster": "clu_a",
            "person": {"id": 3, "name": "Anna"},
            "crop": "http://127.0.0.1/crop.jpg",
        }

        face = Face.of(told)

        crop = "http://127.0.0.1/crop.jpg"
        assert face == Face(7, Box(1, 2, 3, 4), 0.5, "clu_a", "Anna", crop)


class TestTag:
    def test_has_its_word_in_our_language(self) -> None:
        assert make_tag("outdoor", en="outdoors", id="luar ruangan").word == "outdoors"

    def test_is_its_key_where_our_language_has_no_word(self) -> None:
        assert make_tag("outdoor", id="luar ruangan").word == "outdoor"


class TestScene:
    def test_is_empty_where_no_model_looks(self) -> None:
        assert Scene.of({}) == Scene()

    def test_is_empty_where_nothing_is_found(self) -> None:
        names = ("objects", "tags", "text", "captions", "embeddings", "analyses")

        told: dict[str, Any] = {name: [] for name in names}

        assert Scene.of({**told, "context": None}).summary() == {**told, "context": None}

    def test_summary_is_what_the_api_told_in_round_numbers(self) -> None:
        told = {
            "objects": [
                {
                    "label": "dog",
                    "confidence": 0.123456,
                    "box": {"x": 1.234, "y": 2.0, "width": 3.0, "height": 4.0},
                }
            ],
            "tags": [{"key": "outdoor", "words": {"en": "outdoor"}, "confidence": 0.98765}],
            "context": {"key": "walk", "words": {"id": "jalan"}, "confidence": 0.5},
            "text": [
                {"text": "EXIT", "confidence": 0.5, "quad": [[1.234, 2], [5, 2], [5, 4], [1, 4]]}
            ],
            "captions": [
                {"language": "en", "sentence": "A dog.", "context": "", "source": "model"}
            ],
            "embeddings": [{"space": "image_encoder:1:1", "dimension": 384}],
            "analyses": [{"operation": "ocr", "recipe": "r", "created_at": "2025-01-01"}],
        }

        assert Scene.of(told).summary() == {
            "objects": [
                {
                    "label": "dog",
                    "confidence": 0.1235,
                    "box": {"x": 1.23, "y": 2.0, "width": 3.0, "height": 4.0},
                }
            ],
            "tags": [{"key": "outdoor", "words": {"en": "outdoor"}, "confidence": 0.9877}],
            "context": {"key": "walk", "words": {"id": "jalan"}, "confidence": 0.5},
            "text": [
                {"text": "EXIT", "confidence": 0.5, "quad": [[1.23, 2], [5, 2], [5, 4], [1, 4]]}
            ],
            "captions": [
                {"language": "en", "sentence": "A dog.", "context": "", "source": "model"}
            ],
            "embeddings": [{"space": "image_encoder:1:1", "dimension": 384}],
            "analyses": [{"operation": "ocr", "recipe": "r"}],
        }

    @pytest.mark.parametrize(
        ("captions", "shown"),
        [
            ([("id", "model"), ("en", "model")], ("en", "model")),
            ([("en", "describer"), ("id", "template")], ("id", "template")),
            ([("id", "model")], ("id", "model")),
        ],
    )
    def test_shows_a_short_caption_in_our_language_if_there_is_one(
        self, captions: list[tuple[str, str]], shown: tuple[str, str]
    ) -> None:
        told = [make_caption(language=each[0], source=each[1]) for each in captions]

        caption = make_scene(captions=told).caption

        assert caption
        assert (caption.language, caption.source) == shown

    def test_has_no_caption_where_nobody_made_one(self) -> None:
        assert make_scene(captions=[]).caption is None

    def test_counts_things_by_their_class(self) -> None:
        things = [make_thing("tie"), make_thing("person"), make_thing("person")]

        assert make_scene(things=things).inventory == "person (2), tie"

    def test_has_all_text_in_a_line(self) -> None:
        assert make_scene(lines=[make_line("EXIT"), make_line("2")]).text == "EXIT / 2"
