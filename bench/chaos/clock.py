"""The clock of some programs, which can be set while they run: see clock.c."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True)
class Clock:
    """`file` says by how many seconds it is off, `library` is preloaded."""

    file: Path
    library: Path

    @classmethod
    def built(cls, folder: Path) -> Self | None:
        """One that is right, in `folder`; None where there is no C compiler for it."""
        compiler = shutil.which("cc")
        if compiler is None:
            return None
        source, library = Path(__file__).with_name("clock.c"), folder / "clock.so"
        words = [compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"]
        if subprocess.run(words, check=False, capture_output=True).returncode:  # noqa: S603  # ours
            return None
        clock = cls(folder / "clock", library)
        clock.turn(0)
        return clock

    def turn(self, seconds: int) -> None:
        """Where the file is there already it stays the same one: programs look into it."""
        mode = "r+b" if self.file.exists() else "wb"
        with self.file.open(mode) as off:
            off.write(struct.pack("=q", seconds))

    @property
    def variables(self) -> Mapping[str, str]:
        """What the environment of such a program has."""
        return {"LD_PRELOAD": str(self.library), "CHAOS_CLOCK": str(self.file)}
