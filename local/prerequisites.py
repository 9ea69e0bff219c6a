"""Says in a sentence what this machine lacks, before anything is installed; exits with 1 then.

    python3.11 local/prerequisites.py

Run by the Python that will make the environments, so it uses nothing newer than Python 3.8.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import platform
import sys
import sysconfig
from pathlib import Path

PYTHONS = ((3, 11), (3, 12))  # numpy<2 of the model server has wheels up to 3.12
GLIBC = (2, 35)
APT = "apt install python3.11 python3.11-venv libpython3.11 make"


def lacking() -> list[str]:
    """What is missing, each as a sentence."""
    return [sentence for sentence in (_system(), _python(), _venv(), _library()) if sentence]


def _system() -> str:
    name, machine = platform.system(), platform.machine()
    if (name, machine) != ("Linux", "x86_64"):
        return f"Linux on x86-64 is needed, and this is {name} on {machine}."
    found = _glibc()
    if _numbers(found) >= GLIBC:
        return ""
    return (
        f"glibc 2.35 or newer is needed (Debian 12, Ubuntu 22.04), and here is {found or 'none'}."
    )


def _python() -> str:
    if sys.version_info[:2] in PYTHONS:
        return ""
    return (
        f"Python 3.11 (or 3.12) is needed, and this is {platform.python_version()}: "
        f"{APT}; or name another one: make PYTHON=/path/to/python3.11."
    )


def _venv() -> str:
    if all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
        return ""
    return f"This Python cannot make environments: {APT}."


def _library() -> str:
    name = "libpython{}.{}.so.1.0".format(*sys.version_info[:2])
    folders = (sysconfig.get_config_var("LIBDIR"), Path(sys.base_prefix, "lib"))
    if any(folder and Path(folder, name).exists() for folder in folders) or _loads(name):
        return ""
    return f"The model server needs this Python's shared library, {name}: {APT}."


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library, mode=os.RTLD_LAZY)
    except OSError:
        return False
    return True


def _glibc() -> str:
    """Its version; empty with another C library."""
    try:
        return (os.confstr("CS_GNU_LIBC_VERSION") or "").replace("glibc ", "")
    except ValueError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:2] if part)


def main() -> int:
    sentences = lacking()
    for sentence in sentences:
        sys.stderr.write(sentence + "\n")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
