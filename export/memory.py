"""What a model takes of a server's memory, measured in a process of its own."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from export.kinds import Answers

MIB = 2**20
SCRIPT = """
import sys
import numpy as np
import onnxruntime as ort

options = ort.SessionOptions()
options.intra_op_num_threads, options.log_severity_level = 1, 3
session = ort.InferenceSession(sys.argv[1], options, ["CPUExecutionProvider"])
with np.load(sys.argv[2]) as stored:
    session.run(None, dict(stored))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""


def measured(content: bytes, samples: Answers, instances: int) -> int:
    """Bytes of `instances` processes that have the model loaded and have run it on one item.

    To whole MiB. A server on a GPU takes about as much there, and less beside it.
    """
    with tempfile.TemporaryDirectory() as folder:
        model, item = Path(folder) / "model.onnx", Path(folder) / "item.npz"
        model.write_bytes(content)
        np.savez(item, **{name: values[:1] for name, values in samples.items()})
        words = [sys.executable, "-c", SCRIPT, str(model), str(item)]
        ran = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    return instances * (int(ran.stdout) // 1024) * MIB
