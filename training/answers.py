"""How the commands here answer: lines of JSON on standard output."""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from typing import NoReturn

from training import Refused

REFUSED = 2
STOPPED = 130  # as shells say it, after Ctrl-C


class JsonParser(argparse.ArgumentParser):
    """Says what is wrong as all else here does."""

    def error(self, message: str) -> NoReturn:
        raise Refused("arguments_wrong", message)


def answered(work: Callable[[], Mapping[str, object]]) -> int:
    """Do the work and say what came of it; returns the exit code."""
    try:
        tell(work())
    except Refused as exc:
        tell({"code": exc.code, "detail": str(exc)})
        return REFUSED
    except KeyboardInterrupt:
        return STOPPED
    return 0


def tell(line: Mapping[str, object]) -> None:
    sys.stdout.write(json.dumps(dict(line)) + "\n")
    sys.stdout.flush()
