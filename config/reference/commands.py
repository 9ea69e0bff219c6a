"""The page of commands: each with what it takes, as its parser knows it."""

import re
from argparse import PARSER, Action, ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from config.mishaps import APPS
from config.reference.tables import table

_HEAD = """# Commands

Written by `manage.py reference`, of the commands themselves. `manage.py COMMAND --help` says the
same. Each takes Django's own options too (`--verbosity`, `--traceback`, …). On a bare machine write
`.venv/bin/python manage.py COMMAND`, with containers `docker compose exec web python manage.py
COMMAND`.

"""
_DEFAULT = re.compile(r"(; default: | ?\(default: | ?\()%\(default\)s\)?")
_ELSEWHERE = {  # defaults that are not the same everywhere
    ("grpc_server", "address"): "`GRPC_ADDRESS`",
    ("pull_worker", "poll_interval"): "`WORKER_POLL_INTERVAL`",
    ("pull_worker", "server"): "`WORKER_SERVER`",
    ("pull_worker", "worker_id"): "the machine's name",
}
_HEADS = ("argument", "default", "what")


class _Nothing(BaseCommand):
    """Has the options of every command, and no others."""


def _actions(parser: ArgumentParser) -> list[Action]:
    return parser._actions  # noqa: SLF001  # nothing else lists them


_EVERYWHERE = {each.dest for each in _actions(_Nothing().create_parser("manage.py", "nothing"))}


def as_markdown() -> str:
    found = dict(_commands())
    rows = [(f"[`{name}`](#{name})", _first(parser)) for name, parser in found.items()]
    sections = (_section(name, parser) for name, parser in found.items())
    return "".join((_HEAD, table(("command", "does"), rows), *sections))


def _commands() -> Iterator[tuple[str, ArgumentParser]]:
    """Those of our own, by name."""
    for name, app in sorted(get_commands().items()):
        if app in APPS and name != "migrate":  # that is Django's, and waits for nobody else
            yield name, load_command_class(app, name).create_parser("manage.py", name)


def _section(name: str, parser: ArgumentParser) -> str:
    parts = [each.choices for each in _actions(parser) if each.nargs == PARSER]
    below = (_part(name, part, one) for each in parts for part, one in dict(each or {}).items())
    return "".join((f"\n## {name}\n\n{parser.description}\n", _arguments(name, parser), *below))


def _part(name: str, part: str, parser: ArgumentParser) -> str:
    said = parser.description or ""
    said = f"{said[:1].upper()}{said[1:]}"
    return f"\n### {name} {part}\n\n{said}.\n" + _arguments(name, parser)


def _arguments(name: str, parser: ArgumentParser) -> str:
    """A table of those that it does not share with all others."""
    own = [each for each in _actions(parser) if each.dest not in _EVERYWHERE]
    rows = [
        (_named(each), _default(name, each), _what(each)) for each in own if each.nargs != PARSER
    ]
    return f"\n{table(_HEADS, rows)}" if rows else ""


def _named(action: Action) -> str:
    value = str(action.metavar or action.dest.upper())
    several = " …" if action.nargs in ("+", "*") else ""
    if not action.option_strings:
        return f"`{value}{several}`"
    takes = "" if action.nargs == 0 else f" {value}{several}"
    needed = ", needed" if action.required else ""
    return f"`{action.option_strings[-1]}{takes}`{needed}"


def _default(name: str, action: Action) -> str:
    if told := _ELSEWHERE.get((name, action.dest)):
        return told
    value: Any = action.default
    if value is None or isinstance(value, bool) or not action.option_strings:
        return ""
    return f"`{' '.join(map(str, value))}`" if isinstance(value, list) else f"`{value}`"


def _what(action: Action) -> str:
    said = _DEFAULT.sub("", action.help or "").strip()
    choices = ", ".join(f"`{each}`" for each in action.choices or ())
    return f"{said}: {choices}" if said and choices else said or choices


def _first(parser: ArgumentParser) -> str:
    """The first sentence of what it does."""
    return re.split(r"(?<=[.;:]) ", parser.description or "")[0].rstrip(";:.")
