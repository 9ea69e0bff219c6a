"""Questions made of clauses whose meaning is known, in both languages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from hypothesis import strategies as st

from search.questions import Count, People, Question, Somewhere, Things

NAMES = ("Anna", "Ben", "Cleo Putri", "Nenek Siti", "Budi Santoso", "Dr. Ahmad Yani")
PLACES = ("Bali", "Ubud", "Jakarta", "Indonesia", "Paris", "France", "Lake Toba")
MONTHS = {
    "en": "January February March April May June July August September October November December",
    "id": "Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember",
}
THINGS = {
    "en": {"dog": "dogs", "cat": "cats", "bus": "buses", "cell phone": "mobile phones"},
    "id": {"dog": "anjing", "cat": "kucing", "bus": "bus", "motorcycle": "sepeda motor"},
}
MEANINGS = {
    "en": ("sunset over the sea", "birthday party", "hiking", "black and white", "rice field"),
    "id": ("matahari terbenam", "pesta ulang tahun", "mendaki", "hitam putih", "sawah hijau"),
}


@dataclass(frozen=True)
class Words:
    """How a language says what clauses are made of."""

    language: str
    both: str
    any_of: str
    with_: str
    without: str
    in_: str
    near: str
    not_in: str
    at_least: str
    people: str
    word: str
    without_word: str
    since: str
    before: str
    between: str


ENGLISH = Words(
    language="en",
    both=" and ",
    any_of=" or ",
    with_="with",
    without="without",
    in_="in",
    near="near",
    not_in="not in",
    at_least="at least",
    people="people",
    word="with the word",
    without_word="without the word",
    since="since",
    before="before",
    between="between {} and {}",
)
INDONESIAN = Words(
    language="id",
    both=" dan ",
    any_of=" atau ",
    with_="sama",
    without="tanpa",
    in_="di",
    near="dekat",
    not_in="bukan di",
    at_least="minimal",
    people="orang",
    word="dengan tulisan",
    without_word="tanpa kata",
    since="sejak",
    before="sebelum",
    between="antara {} dan {}",
)


@dataclass(frozen=True)
class Clause:
    text: str
    asks: Question


def people(say: Words) -> st.SearchStrategy[Clause]:
    def together(names: list[str]) -> Clause:
        groups = tuple((name,) for name in names)
        return Clause(f"{say.with_} {say.both.join(names)}", Question(people=People(all=groups)))

    def any_of(names: list[str]) -> Clause:
        asks = Question(people=People(all=(tuple(names),)))
        return Clause(f"{say.with_} {say.any_of.join(names)}", asks)

    def nobody_of(names: list[str]) -> Clause:
        asks = Question(people=People(none=tuple(names)))
        return Clause(f"{say.without} {say.both.join(names)}", asks)

    names = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True)
    return st.one_of(*(names.map(each) for each in (together, any_of, nobody_of)))


def places(say: Words) -> st.SearchStrategy[Clause]:
    def any_of(names: list[str]) -> Clause:
        asks = Question(places=tuple(map(Somewhere, names)))
        return Clause(f"{say.in_} {say.any_of.join(names)}", asks)

    def near(name: str) -> Clause:
        return Clause(f"{say.near} {name}", Question(places=(Somewhere(name, near=True),)))

    def elsewhere(name: str) -> Clause:
        return Clause(f"{say.not_in} {name}", Question(places=(Somewhere(name, excluded=True),)))

    name = st.sampled_from(PLACES)
    several = st.lists(name, min_size=1, max_size=3, unique=True)
    return several.map(any_of) | name.map(near) | name.map(elsewhere)


def dates(say: Words) -> st.SearchStrategy[Clause]:
    months = MONTHS[say.language].split()

    def day(day: date) -> Clause:
        after = date.fromordinal(day.toordinal() + 1)
        return Clause(f"{day.day} {months[day.month - 1]} {day.year}", _dates((day, after)))

    def iso(day: date) -> Clause:
        return Clause(day.isoformat(), _dates((day, date.fromordinal(day.toordinal() + 1))))

    def month(day: date) -> Clause:
        end = date(day.year + day.month // 12, day.month % 12 + 1, 1)
        text = f"{months[day.month - 1]} {day.year}"
        return Clause(text, _dates((day.replace(day=1), end)))

    def year(day: date) -> Clause:
        return Clause(str(day.year), _dates((_year(day), _year(day, 1))))

    def since(day: date) -> Clause:
        return Clause(f"{say.since} {day.year}", _dates((_year(day), None)))

    def before(day: date) -> Clause:
        return Clause(f"{say.before} {day.year}", _dates((None, _year(day))))

    def between(day: date) -> Clause:
        text = say.between.format(day.year, day.year + 3)
        return Clause(text, _dates((_year(day), _year(day, 4))))

    written: tuple[Callable[[date], Clause], ...] = (day, iso, month, year, since, before, between)
    days = st.dates(date(1900, 1, 1), date(2090, 12, 31))
    return st.one_of(*(days.map(each) for each in written))


def _dates(*days: tuple[date | None, date | None]) -> Question:
    return Question(dates=days)


def _year(day: date, later: int = 0) -> date:
    return date(day.year + later, 1, 1)


def things(say: Words) -> st.SearchStrategy[Clause]:
    def exactly(label: str, count: int) -> Clause:
        asks = Question(objects=(Things(label, Count(count, count)),))
        return Clause(f"{say.with_} {count} {THINGS[say.language][label]}", asks)

    def at_least(label: str, count: int) -> Clause:
        asks = Question(objects=(Things(label, Count(count)),))
        text = f"{say.with_} {say.at_least} {count} {THINGS[say.language][label]}"
        return Clause(text, asks)

    def none(label: str) -> Clause:
        asks = Question(objects=(Things(label, Count(at_most=0)),))
        return Clause(f"{say.without} {THINGS[say.language][label]}", asks)

    label, count = st.sampled_from(sorted(THINGS[say.language])), st.integers(1, 99)
    return st.builds(exactly, label, count) | st.builds(at_least, label, count) | label.map(none)


def faces(say: Words) -> st.SearchStrategy[Clause]:
    def exactly(count: int) -> Clause:
        asks = Question(faces=Count(count, count))
        return Clause(f"{say.with_} {count} {say.people}", asks)

    def at_least(count: int) -> Clause:
        asks = Question(faces=Count(count))
        return Clause(f"{say.with_} {say.at_least} {count} {say.people}", asks)

    nobody = Clause(f"{say.without} {say.people}", Question(faces=Count(at_most=0)))
    counts = st.integers(1, 99)
    return counts.map(exactly) | counts.map(at_least) | st.just(nobody)


def texts(say: Words) -> st.SearchStrategy[Clause]:
    def shown(text: str) -> Clause:
        return Clause(f'{say.word} "{text}"', Question(text=(text,)))

    def not_shown(text: str) -> Clause:
        return Clause(f"{say.without_word} “{text}”", Question(not_text=(text,)))

    text = st.sampled_from(
        ("Exit", "not Anna in 2019", "SELAMAT DATANG", "50 %", "no dogs, please")
    )
    return text.map(shown) | text.map(not_shown)


def meanings(say: Words) -> st.SearchStrategy[Clause]:
    def shown(text: str) -> Clause:
        return Clause(text, Question(semantic=text))

    def not_shown(text: str) -> Clause:
        return Clause(f"{say.without} {text}", Question(not_semantic=(text,)))

    text = st.sampled_from(MEANINGS[say.language])
    return text.map(shown) | text.map(not_shown)


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, list[Clause]]:
    """The language, and one to four clauses about different things in any order."""
    say = draw(st.sampled_from((ENGLISH, INDONESIAN)))
    kinds = (people, places, dates, things, faces, texts, meanings)
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=4, unique=True))
    return say.language, [draw(kind(say)) for kind in chosen]
