"""What files of results are tried with: a worker, and what it has written."""

import uuid

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from jobs import result_files
from jobs.models import Job

OF_ONE_PHOTO = ["embedding.bin", "faces/0.bin", "faces/0.jpg", "faces/1.bin", "faces/1.jpg"]


def paths(job: Job) -> list[str]:
    return sorted(file.path for file in result_files.files(job.pk))


def write(pk: uuid.UUID, *names: str) -> None:
    for name in names:
        storages["results"].save(f"{pk}/{name}", ContentFile(name.encode()))
