"""Embeds the photos of an owner anew, and is killed at one of them. For test_reembedding.py.

`python -m tests.jobs.killed_reembedding OWNER SPACE N`: while it looks at the photo number N.
"""

import itertools
import os
import signal
import sys
from dataclasses import dataclass, field, replace

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from inference.arrays import RGB, Array
from jobs import maintenance, reembedding
from photos.models import Owner
from tests.fakes import FakeEncoder
from tests.search.changing import encoder, eyes


@dataclass
class DyingEncoder(FakeEncoder):
    dies_at: int = 0
    _calls: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def encode(self, image: RGB) -> Array:
        if next(self._calls) == self.dies_at:
            os.killpg(0, signal.SIGKILL)  # its decoders too, as a machine that loses its power
        return super().encode(image)


def main(owner: str, space: str, dies_at: str) -> None:
    b = encoder("b")
    dying = replace(eyes("b"), encoder=DyingEncoder(b.vector, b.identity, int(dies_at)))
    reembedding._AT_ONCE = 2  # noqa: SLF001  # so that it has stored some before
    steps = reembedding.steps(Owner.objects.get(pk=owner), {"space": space}, {}, dying)
    maintenance.to_the_end(steps)


if __name__ == "__main__":
    main(*sys.argv[1:])
