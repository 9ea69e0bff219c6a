"""The models of the pack `packaged` that read text."""

from export.models import Model, Serving, Target
from export.paddle_ocr import PaddleTextDetector, PaddleTextOrienter, PaddleTextRecognizer
from export.weights import Packaged, Weights
from local.packages import Package

# CPU, measured on two cores that others used too, 8 (detector, 960 x 704) and 16 requests at once,
# as shares of what onnxruntime alone reached in the same seconds, best of two rounds: two instances
# of one thread 1.1 to 1.2, .92 (recogniser, 48 x 320) and 1.4; one of two threads .8, .78 and 1.6;
# a delay of 2 ms gained nothing. Batching neither helps nor hurts the recogniser and the orienter
# there (2.4 and 2.7 requests shared one); large pictures gain nothing by it, so the detector's are
# not held together. The recogniser's batch is small because its likelihoods of 6,625 characters
# are large: 136 MB for 16 of the longest lines. GPU: not measured.

RAPIDOCR = Packaged(
    Package(
        "pypi",
        "rapidocr-onnxruntime",
        "1.4.4",
        "rapidocr_onnxruntime-1.4.4-py3-none-any.whl",
        "971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
    )
)
LICENCE = "Apache-2.0 (the package's)"


def _weights(name: str, sha256: str, net: str) -> tuple[Weights, ...]:
    """A file of RAPIDOCR, which has `net` in ONNX's format."""
    member = f"rapidocr_onnxruntime/models/{name}"
    return (Weights(RAPIDOCR, member, sha256, LICENCE, f"{net}, of PaddlePaddle's PaddleOCR."),)


PP_OCR_DETECTOR = Model(
    role="text_detector",
    pack="packaged",
    version=1,
    kind=PaddleTextDetector(),
    weights=_weights(
        "ch_PP-OCRv4_det_infer.onnx",
        "d2a7720d45a54257208b1e13e36a8479894cb74155a5efe29462512d42f49da9",
        "PP-OCRv4 mobile detector",
    ),
    tolerance={"probability": 0.51},  # of 255: half of one is rounding
    serving=Serving(
        cpu=Target(max_batch=4, preferred=(1,), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=16, preferred=(4, 8, 16), delay_us=2000, instances=1),
    ),
)

PP_OCR_RECOGNIZER = Model(
    role="text_recognizer",
    pack="packaged",
    version=1,
    kind=PaddleTextRecognizer(),
    weights=_weights(
        "ch_PP-OCRv4_rec_infer.onnx",
        "48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
        "PP-OCRv4 mobile recogniser of Chinese and English",
    ),
    tolerance={"indices": 0, "scores": 1e-4},
    serving=Serving(
        cpu=Target(max_batch=16, preferred=(), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=64, preferred=(16, 32, 64), delay_us=2000, instances=1),
    ),
)

PP_OCR_ORIENTER = Model(
    role="text_orienter",
    pack="packaged",
    version=1,
    kind=PaddleTextOrienter(),
    weights=_weights(
        "ch_ppocr_mobile_v2.0_cls_infer.onnx",
        "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
        "PP-OCR mobile v2.0 classifier of text angles",
    ),
    tolerance={"scores": 1e-5},
    serving=Serving(
        cpu=Target(max_batch=32, preferred=(), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=128, preferred=(32, 64, 128), delay_us=2000, instances=1),
    ),
)

ROWS = (PP_OCR_DETECTOR, PP_OCR_ORIENTER, PP_OCR_RECOGNIZER)
