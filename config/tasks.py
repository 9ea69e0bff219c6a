"""What runs by the clock and spans all apps: see jobs/schedules.py."""

import logging

from config.keeping import retention
from jobs import ledger, pulse, reapplying
from photos.errors import StoreUnavailable

log = logging.getLogger(__name__)

_RETAIN_S = 20  # for each owner: photos wait meanwhile


def retain() -> None:
    """Let go of what owners do not keep, and of what a restored backup has brought back."""
    try:
        for entry in reapplying.reapply():
            pulse.beat()
            log.info("Erased once more, as a backup had brought it back: %s", entry.key)
        ledger.complete()
    except StoreUnavailable as exc:
        log.warning("%s", exc)
    for applied in retention.apply(limit_s=_RETAIN_S, stopping=_is_stopping):
        if applied.gone:
            log.info("Owner %s: let go of %s", applied.owner.pk, applied.gone)


def _is_stopping() -> bool:
    pulse.beat()
    return pulse.STOPPING.is_set()
