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
        return _counted(asked.asks.objects[0].count, asked.mention.noun, lexicon)
    if asked.asks.faces:
        return _counted(asked.asks.faces, say["people"], lexicon)
    if not asked.is_denied:
        return _named(asked.asks, lexicon)
    contrary = "not_person" if asked.kind == "people" else "not"
    return say[contrary].format(_named(asked.mention.asks, lexicon))


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
    if count == Count(1):
        return noun
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
    named = _day if (start.day, end.day) != (1, 1) else _month
    if named is _month and (start.month, end.month) == (1, 1):
        named = _year
    first, last = named(start, lexicon), named(end - _DAY, lexicon)
    return first if first == last else f"{first} \N{EN DASH} {last}"


def _start(start: date, lexicon: Lexicon) -> str:
    """The year, month or day that begins there: the longest that does."""
    if start.day > 1:
        return _day(start, lexicon)
    return str(start.year) if start.month == 1 else _month(start, lexicon)


def _year(day: date, lexicon: Lexicon) -> str:
    return str(day.year)


def _month(day: date, lexicon: Lexicon) -> str:
    return f"{lexicon.name('months', day.month).capitalize()} {day.year}"


def _day(day: date, lexicon: Lexicon) -> str:
    return f"{day.day} {_month(day, lexicon)}"
