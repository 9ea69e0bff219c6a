"""`python -m bench.settling SECONDS`: waits until no photo waits or is in work, so long at most.

Prints how many are done and how many have failed, and how long it took, as JSON.
"""

import json
import sys
import time

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs.models import UNFINISHED, Item, State

LOOK_S = 0.2


def main(seconds: str) -> None:
    start = time.monotonic()
    while Item.objects.filter(state__in=UNFINISHED).exists():
        if time.monotonic() - start > float(seconds):
            break
        time.sleep(LOOK_S)
    told = {
        "done": Item.objects.filter(state=State.SUCCEEDED).count(),
        "all": Item.objects.count(),
        "seconds": time.monotonic() - start,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
