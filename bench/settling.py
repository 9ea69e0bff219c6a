"""`python -m bench.settling BEGIN SECONDS`: waits until no photo waits, so long at most.

Of those whose external ids begin so. Prints how many are done, how many there are, and how long it
took, as JSON.
"""

import json
import sys
import time

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs.models import UNFINISHED, Item, State

LOOK_S = 0.2


def main(begin: str, seconds: str) -> None:
    photos = Item.objects.filter(external_id__startswith=begin)
    start = time.monotonic()
    while photos.filter(state__in=UNFINISHED).exists():
        if time.monotonic() - start > float(seconds):
            break
        time.sleep(LOOK_S)
    told = {
        "done": photos.filter(state=State.SUCCEEDED).count(),
        "all": photos.count(),
        "seconds": time.monotonic() - start,
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
