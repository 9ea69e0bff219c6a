"""The packs `insightface` and `open`, whose weights lie on hubs: docs/packs.md says more of them.

Nobody has seen these files here, so none has a sha256: each is pinned when it first comes.
"""

from collections.abc import Mapping
from dataclasses import replace

from export.arcface import ArcFace, ChannelOrder
from export.detr import Detr
from export.kinds import Kind
from export.models import Model, Serving, Target
from export.openclip import OpenClipImage, OpenClipText
from export.rows_faces import CENTERFACE
from export.scrfd import Scrfd
from export.sources import Hub, InsightFaceZoo
from export.weights import Source, Weights

UNSEEN = ""  # sha256
UNIT = {"embedding": 1e-4}  # of each number of a unit vector
FACES = {"boxes": 0.01, "scores": 1e-4, "landmarks": 0.01}  # pixels of the input; 0 to 1
OBJECTS = {"boxes": 0.05, "scores": 1e-4, "classes": 0.0}

# Guesses, after what was measured for packaged models (rows_faces.py): these were never here.
HEAVY = Serving(
    cpu=Target(max_batch=8, preferred=(1,), delay_us=0, instances=1, threads=2),
    gpu=Target(max_batch=32, preferred=(8, 16, 32), delay_us=2000, instances=1),
)
MANY = Serving(
    cpu=Target(max_batch=128, preferred=(), delay_us=0, instances=1, threads=2),
    gpu=Target(max_batch=128, preferred=(32, 64, 128), delay_us=2000, instances=1),
)
TEXTS = Serving(
    cpu=Target(max_batch=32, preferred=(), delay_us=0, instances=1, threads=2),
    gpu=Target(max_batch=64, preferred=(16, 32, 64), delay_us=1000, instances=1),
)

# From .28 on, two faces "ARE the same person" in the demonstration that insightface's authors
# give for these packs (web-demos/src_recognition/main.py); below .20 they are not.
BUFFALO_COSINE = 0.28
BUFFALO_ARCFACE = ArcFace(
    dimension=512, order=ChannelOrder.RGB, same_person_cosine=BUFFALO_COSINE, deviation=127.5
)
BUFFALO_LICENCE = "non-commercial research only (the model zoo's); the package's code is MIT"

# Pixels as they are: the net scales them itself. The cosine is OpenCV's own (its sface.py).
SFACE = ArcFace(
    dimension=128, order=ChannelOrder.RGB, same_person_cosine=0.363, mean=0.0, deviation=1.0
)

# The languages of Crossmodal-3600, which its paper measures on, that have a code of two letters.
MANY_LANGUAGES = (
    "ar,bn,cs,da,de,el,en,es,fa,fi,fr,he,hi,hr,hu,id,it,ja,ko,mi,nl,no,pl,pt,ro,ru,sv,sw,te,th,tr,"
    "uk,vi,zh"
)
OPENCLIP_FILES = ("open_clip_config.json", "open_clip_model.safetensors")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json")
DETR_FILES = ("config.json", "model.safetensors", "preprocessor_config.json")


def weights(
    source: Source, members: tuple[str, ...], licence: str, origin: str
) -> tuple[Weights, ...]:
    return tuple(Weights(source, member, UNSEEN, licence, origin) for member in members)


def buffalo(pack: str, detector: str, embedder: str) -> tuple[Model, Model]:
    """The faces of one of insightface's packs."""
    source = InsightFaceZoo(pack)
    origin = "InsightFace's {}, trained on {}."
    return (
        _model(
            "face_detector",
            pack,
            Scrfd(),
            weights(source, (detector,), BUFFALO_LICENCE, origin.format("SCRFD", "WIDER FACE")),
            FACES,
            HEAVY,
        ),
        _model(
            "face_embedder",
            pack,
            BUFFALO_ARCFACE,
            weights(source, (embedder,), BUFFALO_LICENCE, origin.format("ArcFace", "WebFace600K")),
            UNIT,
            MANY,
        ),
    )


def encoders(
    pack: str, repository: str, licence: str, origin: str, languages: str, *own: str
) -> tuple[Model, Model]:
    """Both encoders of any repository that open_clip reads; `own`: the files of its tokenizer."""
    files = weights(Hub(repository), (*OPENCLIP_FILES, *own), licence, origin)
    return (
        _model("image_encoder", pack, OpenClipImage(languages), files, UNIT, HEAVY),
        _model("text_encoder", pack, OpenClipText(languages), files, UNIT, TEXTS),
    )


def detector(pack: str, repository: str, licence: str, origin: str) -> Model:
    """The object detector of a repository in transformers' format."""
    files = weights(Hub(repository), DETR_FILES, licence, origin)
    return _model("object_detector", pack, Detr(), files, OBJECTS, HEAVY)


def _model(  # the columns of a row
    role: str,
    pack: str,
    kind: Kind,
    files: tuple[Weights, ...],
    tolerance: Mapping[str, float],
    serving: Serving,
) -> Model:
    return Model(role, pack, 1, kind, files, tolerance, serving)


CLIP = encoders(
    "insightface",
    "laion/CLIP-ViT-B-32-laion2B-s34B-b79K",
    "MIT (the repository's)",
    "OpenCLIP ViT-B-32, tag laion2b_s34b_b79k, trained on LAION-2B.",
    "en",
)
SIGLIP_2 = encoders(
    "open",
    "timm/ViT-B-16-SigLIP2-256",
    "Apache-2.0 (the repository's)",
    "Google's SigLIP 2 ViT-B-16 (arXiv:2502.14786), trained on WebLI, converted by timm's authors.",
    MANY_LANGUAGES,
    *TOKENIZER_FILES,
)
RT_DETR = detector(
    "insightface",
    "PekingU/rtdetr_v2_r18vd",
    "Apache-2.0 (the repository's)",
    "RT-DETRv2 with ResNet-18, trained by its authors on COCO 2017.",
)
RT_DETR_OPEN = detector(
    "open",
    "PekingU/rtdetr_v2_r50vd",
    "Apache-2.0 (the repository's)",
    "RT-DETRv2 with ResNet-50, trained by its authors on COCO 2017.",
)
OPEN_FACES = (
    replace(CENTERFACE, pack="open"),
    _model(
        "face_embedder",
        "open",
        SFACE,
        weights(
            Hub("opencv/face_recognition_sface"),
            ("face_recognition_sface_2021dec.onnx",),
            "Apache-2.0 (the repository's LICENSE)",
            "SFace by Yaoyao Zhong (arXiv:2205.12010), MobileFaceNet, of OpenCV's model zoo.",
        ),
        UNIT,
        MANY,
    ),
)

BUFFALO_L = buffalo("buffalo_l", "det_10g.onnx", "w600k_r50.onnx")
BUFFALO_S = buffalo("buffalo_s", "det_500m.onnx", "w600k_mbf.onnx")
INSIGHTFACE = (
    *(replace(model, pack="insightface") for model in BUFFALO_L),
    *CLIP,
    RT_DETR,
)
OPEN = (*OPEN_FACES, *SIGLIP_2, RT_DETR_OPEN)
