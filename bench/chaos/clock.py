"""The clock of some programs, which can be set while they run: see clock.c."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Clock:
    """`file` says by how many seconds it is off, `library` is preloaded."""

    file: Path
    library: Path

    def turn(self, seconds: int) -> None:
        """Where the file is there already it stays the same one: programs look into it."""
        mode = "r+b" if self.file.exists() else "wb"
        with self.file.open(mode) as off:
            off.write(struct.pack("=q", seconds))

    @property
    def variables(self) -> Mapping[str, str]:
        """What the environment of such a program has."""
        return {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.file)}
