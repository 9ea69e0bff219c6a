"""How busy this machine is, and the cards of the model server: what `/health` says of them."""

import os
import shutil
from dataclasses import asdict
from typing import Any

from django.conf import settings
from rest_framework import serializers

from config.monitoring.checks.storage import roots
from inference.gpus import Gpu, gpus

_MEMORY = "/proc/meminfo"
_KB = 1024


class MachineSerializer(serializers.Serializer[None]):
    """Of the machine, or container, that answers."""

    cpus = serializers.IntegerField()
    load_1m = serializers.FloatField(help_text="Programs that ran or waited for a processor.")
    memory_total_bytes = serializers.IntegerField()
    memory_available_bytes = serializers.IntegerField()
    disk_free_bytes = serializers.IntegerField(
        allow_null=True, help_text="Where there is least; null: files are in a store elsewhere."
    )


class GpuSerializer(serializers.Serializer[Gpu]):
    """Of the model server. None where it has none, or TRITON_METRICS_URL is not set."""

    id = serializers.CharField()
    busy = serializers.FloatField(help_text="0 to 1.")
    memory_used_bytes = serializers.IntegerField()
    memory_total_bytes = serializers.IntegerField()


def machine() -> dict[str, Any]:
    """As MachineSerializer has it."""
    memory = _memory()
    return {
        "cpus": os.cpu_count() or 1,
        "load_1m": round(os.getloadavg()[0], 2),
        "memory_total_bytes": memory.get("MemTotal", 0),
        "memory_available_bytes": memory.get("MemAvailable", 0),
        "disk_free_bytes": min((shutil.disk_usage(root).free for root in roots()), default=None),
    }


def cards_shown() -> list[dict[str, Any]]:
    """Each as GpuSerializer has it."""
    url: str = settings.TRITON_METRICS_URL
    return [asdict(card) for card in gpus(url)] if url else []


def _memory() -> dict[str, int]:
    with open(_MEMORY, encoding="ascii") as file:  # noqa: PTH123  # it is no file of ours
        lines = [line.split() for line in file]
    return {words[0].rstrip(":"): int(words[1]) * _KB for words in lines}
