"""Graphics cards, as Triton's own words about them have it."""

import pytest

from inference.gpus import Gpu, gpus, read
from tests.photos.web import Server, answer

# As Triton 24.09 writes it.
TEXT = """# HELP nv_gpu_utilization GPU utilization rate [0.0 - 1.0)
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{gpu_uuid="GPU-b"} 0.25
nv_gpu_utilization{gpu_uuid="GPU-a"} 0
# HELP nv_gpu_memory_total_bytes GPU total memory, in bytes
# TYPE nv_gpu_memory_total_bytes gauge
nv_gpu_memory_total_bytes{gpu_uuid="GPU-b"} 85520809984
nv_gpu_memory_total_bytes{gpu_uuid="GPU-a"} 85520809984
# HELP nv_gpu_memory_used_bytes GPU used memory, in bytes
# TYPE nv_gpu_memory_used_bytes gauge
nv_gpu_memory_used_bytes{gpu_uuid="GPU-b"} 1073741824
nv_gpu_memory_used_bytes{gpu_uuid="GPU-a"} 0
# HELP nv_inference_count Number of inferences performed
# TYPE nv_inference_count counter
nv_inference_count{model="tagger",version="1"} 3
"""
CARDS = [Gpu("GPU-a", 0.0, 0, 85520809984), Gpu("GPU-b", 0.25, 1073741824, 85520809984)]


class TestGpus:
    def test_are_what_the_server_says(self) -> None:
        with Server(lambda path: answer(TEXT.encode())) as server:
            assert gpus(server.url("/metrics")) == CARDS

    def test_are_none_where_it_has_none(self) -> None:
        assert read("nv_inference_count 3\n") == []

    @pytest.mark.parametrize("status", ["404 Not Found", "500 Internal Server Error"])
    def test_are_none_where_it_does_not_say(self, status: str) -> None:
        with Server(lambda path: answer(b"", status=status)) as server:
            assert gpus(server.url("/metrics")) == []

    def test_are_none_where_nobody_answers(self) -> None:
        assert gpus("http://127.0.0.1:9/metrics") == []
