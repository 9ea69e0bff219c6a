"""Sentences made of what was found: by our own files, in both languages."""

from dataclasses import dataclass

import pytest
from django.conf import settings

from search.templates import MAX_TEXT, Composed, Seen, compose
from search.vocabulary import Vocabulary, load


@dataclass(frozen=True)
class Found:
    label: str
    confidence: float = 0.9


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return load(settings.BASE_DIR / "vocabulary")


def things(*labels: str) -> list[Found]:
    """Found with falling confidence."""
    return [Found(label, 0.9 - 0.01 * number) for number, label in enumerate(labels)]


CASES = {
    "nothing": (Seen(), "A photo.", "Sebuah foto."),
    "one face": (Seen(faces=1), "A person.", "Seseorang."),
    "two faces": (Seen(faces=2), "Two people.", "Dua orang."),
    "many faces": (Seen(faces=29), "29 people.", "29 orang."),
    "one thing": (Seen(objects=things("cat")), "A cat.", "Seekor kucing."),
    "two alike": (Seen(objects=things("cat", "cat")), "Two cats.", "Dua ekor kucing."),
    "ten alike": (
        Seen(objects=things(*["sheep"] * 10)),
        "Ten sheep.",
        "Sepuluh ekor domba.",
    ),
    "eleven alike": (
        Seen(objects=things(*["scissors"] * 11)),
        "11 pairs of scissors.",
        "11 gunting.",
    ),
    "two kinds": (
        Seen(objects=things("knife", "knife", "apple")),
        "Two knives and an apple.",
        "Dua pisau dan sebuah apel.",
    ),
    "three kinds": (
        Seen(objects=things("laptop", "cup", "mouse", "cup")),
        "A laptop, two cups and a computer mouse.",
        "Sebuah laptop, dua cangkir, dan sebuah tetikus komputer.",
    ),
    "people with things": (
        Seen(faces=3, objects=things("dining table", "laptop", "cup", "cup")),
        "Three people with a dining table, a laptop and two cups.",
        "Tiga orang dengan sebuah meja makan, sebuah laptop, dan dua cangkir.",
    ),
    "people somewhere": (
        Seen(faces=2, tags=["beach"]),
        "Two people at the beach.",
        "Dua orang di pantai.",
    ),
    "people and things somewhere": (
        Seen(faces=1, objects=things("bicycle", "dog", "dog"), tags=["outdoor"]),
        "A person outdoors, with a bicycle and two dogs.",
        "Seseorang di luar ruangan, dengan sebuah sepeda dan dua ekor anjing.",
    ),
    "things somewhere": (
        Seen(objects=things("umbrella", "umbrella"), tags=["beach"]),
        "Two umbrellas at the beach.",
        "Dua payung di pantai.",
    ),
    "a subject": (Seen(tags=["beach"]), "A photo of a beach.", "Foto pantai."),
    "a scene": (Seen(tags=["outdoor"]), "A photo taken outdoors.", "Foto di luar ruangan."),
    "a tag that is neither": (Seen(tags=["formal"]), "A photo.", "Sebuah foto."),
    "text": (
        Seen(text=["OPEN"]),
        "A photo. Text: “OPEN”.",
        "Sebuah foto. Teks: “OPEN”.",
    ),
    "text in lines": (
        Seen(objects=things("stop sign"), text=["STOP ", " ALL\tWAY"]),
        "A stop sign. Text: “STOP ALL WAY”.",
        "Sebuah rambu berhenti. Teks: “STOP ALL WAY”.",
    ),
    "text with braces": (
        Seen(text=["{people} {0}"]),
        "A photo. Text: “{people} {0}”.",
        "Sebuah foto. Teks: “{people} {0}”.",
    ),
    "empty text": (Seen(text=["", "  "]), "A photo.", "Sebuah foto."),
    "a class without a wording": (
        Seen(objects=things("drone", "drone", "cat")),
        "Drone (2) and a cat.",
        "Drone (2) dan seekor kucing.",
    ),
}


class TestCompose:
    @pytest.mark.parametrize(
        ("seen", "english", "indonesian"), list(CASES.values()), ids=list(CASES)
    )
    def test_says_what_was_found(
        self, vocabulary: Vocabulary, seen: Seen, english: str, indonesian: str
    ) -> None:
        said = [compose(seen, vocabulary, language).sentence for language in ("en", "id")]

        assert said == [english, indonesian]

    @pytest.mark.parametrize(
        ("faces", "persons", "sentence"),
        [(3, 1, "Three people."), (1, 3, "A person."), (0, 2, "Two people.")],
    )
    def test_counts_faces_or_where_there_are_none_bodies(
        self, vocabulary: Vocabulary, faces: int, persons: int, sentence: str
    ) -> None:
        seen = Seen(faces=faces, objects=things(*["person"] * persons))

        assert compose(seen, vocabulary, "en").sentence == sentence

    def test_begins_with_what_it_is_surest_of(self, vocabulary: Vocabulary) -> None:
        seen = Seen(objects=[Found("cup", 0.5), Found("dog", 0.8), Found("cup", 0.9)])

        assert compose(seen, vocabulary, "en").sentence == "Two cups and a dog."

    def test_lists_five_kinds_of_things_at_most(self, vocabulary: Vocabulary) -> None:
        seen = Seen(objects=things("bed", "book", "clock", "vase", "cat", "dog", "tv"))

        assert compose(seen, vocabulary, "en").sentence == (
            "A bed, a book, a clock, a vase and a cat."
        )

    def test_takes_the_best_tag_that_can_be_said(self, vocabulary: Vocabulary) -> None:
        tags = ["people:2", "formal", "wedding", "beach"]

        with_people = compose(Seen(faces=2, tags=tags), vocabulary, "en")
        alone = compose(Seen(tags=tags), vocabulary, "en")

        assert with_people.sentence == "Two people at a wedding."
        assert alone.sentence == "A photo of a wedding."

    def test_passes_over_a_tag_that_the_vocabulary_has_no_more(
        self, vocabulary: Vocabulary
    ) -> None:
        seen = Seen(tags=["shipwreck", "beach"])

        assert compose(seen, vocabulary, "en").sentence == "A photo of a beach."

    def test_has_a_phrase_of_what_is_going_on(self, vocabulary: Vocabulary) -> None:
        seen = Seen(faces=3, context="shaking_hands")

        said = [compose(seen, vocabulary, language) for language in ("en", "id")]

        assert said == [
            Composed("Three people.", "shaking hands"),
            Composed("Tiga orang.", "sedang bersalaman"),
        ]

    def test_has_no_phrase_where_nothing_is_known(self, vocabulary: Vocabulary) -> None:
        assert compose(Seen(faces=3), vocabulary, "id").context == ""

    def test_speaks_english_where_the_language_is_not_there(self, vocabulary: Vocabulary) -> None:
        assert compose(Seen(faces=1), vocabulary, "fr").sentence == "A person."

    def test_shortens_long_text_after_a_word(self, vocabulary: Vocabulary) -> None:
        seen = Seen(text=["Notice to all visitors of this building:", "please " * 20])

        sentence = compose(seen, vocabulary, "en").sentence

        assert sentence == (
            "A photo. Text: “Notice to all visitors of this building: "
            "please please please please please…”."
        )

    def test_shortens_a_word_that_is_too_long(self, vocabulary: Vocabulary) -> None:
        seen = Seen(text=["x" * (MAX_TEXT + 1)])

        assert compose(seen, vocabulary, "en").sentence == f"A photo. Text: “{'x' * MAX_TEXT}…”."

    def test_keeps_text_that_just_fits(self, vocabulary: Vocabulary) -> None:
        seen = Seen(text=["x" * MAX_TEXT])

        assert compose(seen, vocabulary, "en").sentence == f"A photo. Text: “{'x' * MAX_TEXT}”."
