"""How busy the model server's graphics cards are, as it tells Prometheus."""

from dataclasses import dataclass

import httpx2
from prometheus_client.parser import text_string_to_metric_families

_ANSWER_S = 2.0
_BUSY = "nv_gpu_utilization"
_USED, _TOTAL = "nv_gpu_memory_used_bytes", "nv_gpu_memory_total_bytes"
_CARD = "gpu_uuid"  # the label


@dataclass(frozen=True)
class Gpu:
    """One card, now."""

    id: str
    busy: float  # 0 to 1
    memory_used_bytes: int
    memory_total_bytes: int


def gpus(url: str) -> list[Gpu]:
    """Of the server whose metrics are at `url`; none: it has none, or does not answer."""
    try:
        answer = httpx2.get(url, timeout=_ANSWER_S, trust_env=False)
        answer.raise_for_status()
    except httpx2.HTTPError:
        return []
    return read(answer.text)


def read(text: str) -> list[Gpu]:
    """Of metrics as Triton writes them."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in {_BUSY, _USED, _TOTAL} and _CARD in sample.labels:
                found.setdefault(sample.labels[_CARD], {})[sample.name] = sample.value
    return [
        Gpu(card, said.get(_BUSY, 0.0), int(said.get(_USED, 0)), int(said.get(_TOTAL, 0)))
        for card, said in sorted(found.items())
    ]
