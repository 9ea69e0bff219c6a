"""Photos through the queue: `python -m bench.through_queue OPERATION FILE...`, with workers at it.

Prints seconds from the submission to the last photo's end, and where the time went, as JSON.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from django.core.files.base import ContentFile

import config.wsgi  # noqa: F401  # sets Django up, before its models are imported
from jobs import services, waiting
from jobs.models import Item, State
from photos.models import Owner

LIMIT_S = 900


def main(operation: str, *files: str) -> None:
    owner, _ = Owner.objects.get_or_create(subject="bench")
    sources = [services.upload(ContentFile(Path(file).read_bytes(), file)) for file in files]
    job = services.submit(owner, sources, operations=[operation])
    if not waiting.wait(job, timeout_s=LIMIT_S):
        sys.exit(f"The photos were not done after {LIMIT_S} s.")
    items = Item.objects.filter(job=job).select_related("photo")
    end = max(item.finished_at for item in items if item.finished_at)
    stages: Counter[str] = Counter()
    for item in items:
        stages.update(item.stage_ms)
    result = {
        "seconds": (end - job.created_at).total_seconds(),
        "photos": items.filter(state=State.SUCCEEDED).count(),
        "faces": sum(item.photo.faces.count() for item in items if item.photo),
        "stage_s": {stage: round(ms / 1000, 3) for stage, ms in stages.items()},
    }
    sys.stdout.write(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
