"""A short line for each part of an interpretation, in the question's language."""

from datetime import date, timedelta

from search.questions import Count, Days, Question, Somewhere
from search.understanding.joining import Asked
from search.understanding.lexicon import Lexicon

_DAY = timedelta(days=1)


def label(asked: Asked, lexicon: Lexicon) -> str:
    """What the part asks for: "Anna or Ben", "not with Ben", "dogs: at least 2"."""
    say = lexicon.labels
    if asked.kind == "objects":
        return _counted(asked.asks.objects[0].count, asked.noun, lexicon)
    if asked.asks.faces:
        return _counted(asked.asks.faces, say["people"], lexicon)
    if not asked.denies:
        return _named(asked.asks, lexicon)
    if asked.kind == "people":
        return say["not_person"].format(_named(asked.denies, lexicon))
    return say["not"].format(_named(asked.denies, lexicon))


def _named(asks: Question, lexicon: Lexicon) -> str:
    if asks.people.only:
        return lexicon.labels["nobody_else"]
    named = (
        *(_listed(group, lexicon) for group in asks.people.all),
        _listed([_period(days, lexicon) for days in asks.dates], lexicon),
        _listed([_place(each, lexicon) for each in asks.places], lexicon),
        *(f"“{text}”" for text in asks.text),
        asks.semantic,
        *asks.not_understood,
    )
    return " ".join(filter(None, named))


def _listed(names: tuple[str, ...] | list[str], lexicon: Lexicon) -> str:
    """One name after the other, any of which will do."""
    if not names:
        return ""
    listed = names[0]
    for name in names[1:]:
        listed = lexicon.labels["or"].format(listed, name)
    return listed


def _place(place: Somewhere, lexicon: Lexicon) -> str:
    return lexicon.labels["near"].format(place.name) if place.near else place.name


def _counted(count: Count, noun: str, lexicon: Lexicon) -> str:
    say = lexicon.labels
    if count.at_most is None:
        return say["at_least"].format(noun, count.at_least)
    if count.at_most == 0:
        return say["none"].format(noun)
    if count.at_least == count.at_most:
        return say["exactly"].format(noun, count.at_most)
    if not count.at_least:
        return say["at_most"].format(noun, count.at_most)
    return say["between"].format(noun, count.at_least, count.at_most)


def _period(days: Days, lexicon: Lexicon) -> str:
    start, end = days
    if start and not end:
        return lexicon.labels["since"].format(_start(start, lexicon))
    if end and not start:
        return lexicon.labels["before"].format(_start(end, lexicon))
    if not start or not end:
        return ""
    for named in (_start(start, lexicon), _month(start, lexicon), _day(start, lexicon)):
        if end == _end_of(named, start, lexicon):
            return named
    return f"{_day(start, lexicon)} \N{EN DASH} {_day(end - _DAY, lexicon)}"


def _end_of(named: str, start: date, lexicon: Lexicon) -> date:
    """Where the year, month or day ends that is called so."""
    if named == _day(start, lexicon):
        return start + _DAY
    if named == _month(start, lexicon):
        return (start.replace(day=28) + 4 * _DAY).replace(day=1)
    return start.replace(year=start.year + 1, month=1, day=1)


def _start(start: date, lexicon: Lexicon) -> str:
    """The year, month or day that begins there: the longest that does."""
    if start.day > 1:
        return _day(start, lexicon)
    return str(start.year) if start.month == 1 else _month(start, lexicon)


def _month(day: date, lexicon: Lexicon) -> str:
    return f"{lexicon.name('months', day.month).capitalize()} {day.year}"


def _day(day: date, lexicon: Lexicon) -> str:
    return f"{day.day} {_month(day, lexicon)}"
