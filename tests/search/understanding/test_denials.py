"""What is denied in a question: who, and what, and how far a denial reaches."""

import pytest

from search.questions import Count, People, Question, Things
from search.understanding import understand
from tests.search.understanding.table import KNOWN, NOW


def question(text: str) -> Question:
    return understand(text, KNOWN, NOW).question


def thing(label: str, at_least: int = 1, at_most: int | None = None) -> Things:
    return Things(label, Count(at_least, at_most))


class TestPeople:
    @pytest.mark.parametrize(
        ("text", "people", "meaning"),
        [
            ("beach party tanpa Anna dan Ben", People(none=("Anna", "Ben")), "beach party"),
            (
                "family dinner without Ben dan Cleo",
                People(none=("Ben", "Cleo Putri")),
                "family dinner",
            ),
            (
                "birthday party Anna dan Ben di Jakarta",
                People(all=(("Anna",), ("Ben",))),
                "birthday party",
            ),
            (
                "beach party Anna gak sama Ben",
                People(all=(("Anna",),), none=("Ben",)),
                "beach party",
            ),
        ],
    )
    def test_are_listed_in_two_languages_at_once(
        self, text: str, people: People, meaning: str
    ) -> None:
        asked = question(text)

        assert (asked.people, asked.semantic, asked.language) == (people, meaning, "en")

    @pytest.mark.parametrize(
        "text",
        [
            "tdk sama Ben",
            "gk sama Ben",
            "tnp Ben",
            "gaada Ben",
            "gada ben",
            "belum ada Ben",
            "w/o Ben",
            "excl. Ben",
            "exclude Ben",
            "-Ben",
            "!Ben",
            "instead of Ben",
            "everybody but Ben",
            "all but Ben",
            "everyone except Ben",
        ],
    )
    def test_are_excluded_in_many_words(self, text: str) -> None:
        assert question(f"Anna, {text}").people == People(all=(("Anna",),), none=("Ben",))

    def test_a_dash_between_words_excludes_nobody(self) -> None:
        assert question("Anna - Ben").people == People(all=(("Anna",), ("Ben",)))

    @pytest.mark.parametrize(
        "text",
        ["Anna only", "only Anna", "nobody but Anna", "nobody with Anna", "tidak ada selain Anna"],
    )
    def test_nobody_else_is_there(self, text: str) -> None:
        assert question(text).people == People(all=(("Anna",),), only=True)

    @pytest.mark.parametrize(
        ("text", "denied"),
        [
            ("where nobody is smiling", "smiling"),
            ("nobody looking at the camera", "looking at the camera"),
            ("nobody wears a hat", "wears a hat"),
            ("nobody with glasses", "glasses"),
        ],
    )
    def test_nobody_who_does_something_may_be_anybody(self, text: str, denied: str) -> None:
        assert question(text) == Question(not_semantic=(denied,))


class TestThings:
    @pytest.mark.parametrize(
        ("text", "meaning"),
        [
            ("no big dogs", ("big dogs",)),
            ("without a red tie", ("red tie",)),
            ("no man holding a book", ("man holding a book",)),
            ("no dogs running", ("dogs running",)),
            ("no cars that are red", ("cars that are red",)),
            ("no red cars, big dogs or people", ("red cars", "big dogs", "people")),
            ("no snow, rain or fog", ("snow", "rain", "fog")),
            ("tanpa mobil merah", ("mobil merah",)),
            ("tidak ada anjing yang besar", ("anjing yang besar",)),
            ("tidak ada orang sedang makan", ("orang sedang makan",)),
            ("tidak pakai laptop", ("pakai laptop",)),
        ],
    )
    def test_are_denied_with_what_is_said_of_them(
        self, text: str, meaning: tuple[str, ...]
    ) -> None:
        asked = question(text)

        assert asked == Question(not_semantic=meaning, language=asked.language)

    @pytest.mark.parametrize(
        ("text", "things"),
        [
            ("without her dog", ("dog",)),
            ("no mobile phones", ("cell phone",)),
            ("not a single dog", ("dog",)),
            ("without dogs and cats", ("dog", "cat")),
            ("no cars, dogs or cats", ("car", "dog", "cat")),
        ],
    )
    def test_are_denied_wherever_they_are_listed(self, text: str, things: tuple[str, ...]) -> None:
        assert question(text) == Question(objects=tuple(thing(each, 0, 0) for each in things))

    def test_are_denied_in_a_list_with_people(self) -> None:
        dogs, nobody = (thing("dog", 0, 0),), Count(0, 0)

        assert question("no people, dogs") == Question(faces=nobody, objects=(thing("dog"),))
        assert question("no people or dogs") == Question(faces=nobody, objects=dogs)
        assert question("no dogs, cats or people").faces == nobody
        assert question("no people, cats or dogs").objects == (thing("cat", 0, 0), *dogs)
        assert question("without dogs and people") == Question(objects=dogs, faces=nobody)
        assert question("without Ben and his dog") == Question(
            people=People(none=("Ben",)), objects=dogs
        )

    @pytest.mark.parametrize(
        "text", ["woman without makeup holding a dog", "wanita tanpa riasan membawa anjing"]
    )
    def test_are_not_denied_with_what_somebody_is_without(self, text: str) -> None:
        assert question(text).objects == (thing("dog"),)

    def test_a_list_that_may_be_denied_is_not_understood(self) -> None:
        asked = question("no dogs, rain or snow")

        assert (asked.semantic, asked.not_understood) == ("", ("rain or snow",))

    @pytest.mark.parametrize(
        ("text", "refused"),
        [
            ("without Anna's dog", "Anna's dog"),
            ("without Anna's and Ben's big dogs", "Anna's and Ben's big dogs"),
            ("tanpa anjing Anna", "anjing Anna"),
        ],
    )
    def test_somebodys_things_that_are_denied_are_not_understood(
        self, text: str, refused: str
    ) -> None:
        asked = question(text)

        assert asked == Question(not_understood=(refused,), language=asked.language)


class TestAbsence:
    @pytest.mark.parametrize(
        ("text", "absent", "meaning"),
        [
            ("photos Anna is not in", ("Anna",), ""),
            ("photos that Anna isn't in", ("Anna",), ""),
            ("a party where Anna and Ben are not in the picture", ("Anna", "Ben"), "party"),
            ("a party where Ben wasn't there, in the garden", ("Ben",), "party garden"),
            ("foto yang Anna dan Ben tidak ada", ("Anna", "Ben"), ""),
            ("pesta yang Ben gak ikut", ("Ben",), "pesta"),
            ("photos without Ben", ("Ben",), ""),
            ("foto pantai minus Ben", ("Ben",), "pantai"),
        ],
    )
    def test_may_be_said_behind_a_name(
        self, text: str, absent: tuple[str, ...], meaning: str
    ) -> None:
        asked = question(text)

        assert asked.people == People(none=absent)
        assert (asked.semantic, asked.not_understood) == (meaning, ())

    def test_is_of_those_alone_of_whom_it_is_said(self) -> None:
        asked = question("photos with Anna where Ben is not")

        assert asked.people == People(all=(("Anna",),), none=("Ben",))

    @pytest.mark.parametrize("text", ["Anna is not smiling", "Anna is not in Jakarta"])
    def test_is_not_that_of_what_somebody_does_and_where(self, text: str) -> None:
        assert question(text).people == People(all=(("Anna",),))

    def test_of_either_is_not_understood(self) -> None:
        asked = question("photos Anna or Ben is not in")

        assert (asked.people, asked.not_understood) == (People(all=(("Anna", "Ben"),)), ("not",))

    def test_is_no_question_whether_there_are_photos(self) -> None:
        assert question("ada foto Ben nggak?").people == People(all=(("Ben",),))
