"""What the C library keeps of memory that is free again, in a process that runs for years."""

import ctypes
from contextlib import suppress

LARGE_BYTES = 4 * 2**20  # a block of so many is given back; photos' own arrays are smaller
_MMAP_THRESHOLD = -3  # M_MMAP_THRESHOLD of glibc's malloc.h


def give_back_large() -> None:
    """Have each block of at least LARGE_BYTES go back to the system when it is free.

    Left alone, glibc raises that limit up to 32 MB as large blocks come and go, and keeps what is
    smaller: a worker then grows with the library whose faces it groups (mallopt(3)). Children that
    are forked have it too. Another C library has its own ways, and is left alone.
    """
    with suppress(AttributeError):  # not glibc
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, LARGE_BYTES)
