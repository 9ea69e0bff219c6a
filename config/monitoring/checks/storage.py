"""Is there a place for files, and room in it?"""

import shutil
import uuid
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages

from config.monitoring.checks.findings import Finding, fine, warning, wrong

_STORAGES = ("default", "intake", "results", "annotated")
_MB = 2**20
_ALMOST = 5  # times the least room: then somebody should know


def storage() -> Finding:
    """Writes and removes a small file where photos, uploads and results go."""
    for name in _STORAGES:
        kept = storages[name]
        try:
            key = kept.save(f"doctor/{uuid.uuid4().hex}", ContentFile(b"1"))
            kept.delete(key)
        except Exception as exc:  # noqa: BLE001  # whatever a storage raises is the answer
            says = f"Nothing can be written to the storage {name!r}: {type(exc).__name__}: {exc}"
            mend = (
                "Give the service's user the right to write there (MEDIA_ROOT, INTAKE_ROOT, "
                "RESULTS_ROOT), or mend the S3 settings."
            )
            return wrong("storage", says, mend)
    return fine("storage", "Files can be written.")


def disk() -> Finding:
    least = settings.DISK_FREE_MB
    free = {root: shutil.disk_usage(root).free / _MB for root in roots()}
    if not free:
        return fine("disk", "Files are in a store that is no disk of this machine.")
    root, room = min(free.items(), key=lambda each: each[1])
    says = f"{room:,.0f} MB are free at {root}"
    mend = "Make room, or move MEDIA_ROOT to a larger disk; DISK_FREE_MB says how much is wanted."
    if room < least:
        return wrong("disk", f"{says}: less than {least:,.0f}.", mend)
    if room < _ALMOST * least:
        return warning("disk", f"{says}: that is soon used.", mend)
    return fine("disk", f"{says}.")


def roots() -> list[Path]:
    """Of the storages that are folders here, or of the nearest folder above that is there."""
    folders = [
        Path(kept.location)
        for name in _STORAGES
        if isinstance(kept := storages[name], FileSystemStorage)
    ]
    return sorted(
        {next(each for each in (root, *root.parents) if each.exists()) for root in folders}
    )
