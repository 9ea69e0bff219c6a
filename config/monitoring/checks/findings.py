"""What a check has to say."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    FINE = "fine"
    WARNING = "warning"  # it works, and somebody should look
    WRONG = "wrong"  # photos are not processed, or somebody may get in


@dataclass(frozen=True)
class Finding:
    """One sentence on how something is and, where it is not well, one on what to do."""

    name: str  # few, and they never change: for programs
    level: Level
    says: str
    mend: str = ""

    @property
    def is_well(self) -> bool:
        return self.level is not Level.WRONG


def fine(name: str, says: str) -> Finding:
    return Finding(name, Level.FINE, says)


def warning(name: str, says: str, mend: str) -> Finding:
    return Finding(name, Level.WARNING, says, mend)


def wrong(name: str, says: str, mend: str) -> Finding:
    return Finding(name, Level.WRONG, says, mend)
