"""Large blocks of memory go back to the system, whatever a process has had before."""

import platform
import subprocess
import sys

import pytest

from jobs.allocator import LARGE_BYTES

# A large block has come and gone; then whether a smaller one, still large, lies in the heap.
PROGRAM = f"""
import re, sys
import numpy as np
from jobs.allocator import give_back_large
if sys.argv[1] == "given back":
    give_back_large()
passing = np.ones({LARGE_BYTES * 4}, np.uint8)
del passing
block = np.ones({LARGE_BYTES * 2}, np.uint8)
heap = re.search(r"^(\\w+)-(\\w+) .*\\[heap\\]$", open("/proc/self/maps").read(), re.MULTILINE)
first, last = (int(each, 16) for each in heap.groups())
print(first <= block.ctypes.data < last)
"""

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="Another C library.")


@pytest.mark.parametrize(
    ("how", "in_heap"),
    [
        pytest.param("left alone", "True", id="glibc-alone-keeps-them"),
        pytest.param("given back", "False", id="we-give-them-back"),
    ],
)
def test_large_blocks_are_kept_or_given_back(how: str, in_heap: str) -> None:
    done = subprocess.run(  # noqa: S603  # our own program
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == in_heap
