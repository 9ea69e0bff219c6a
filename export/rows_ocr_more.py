"""More readers of text: PP-OCRv6 of many languages in one, and PP-OCR by script.

PP-OCRv6 rides in the package `rapidocr`; the others lie in that package's model zoo, which says
the sha256 of each. What a pack has beside its recogniser is the detector and the orienter of its
time, so that `manage.py models use PACK` switches all three.
"""

from dataclasses import replace

from export.models import Model
from export.rows_ocr import PP_OCR_DETECTOR, PP_OCR_ORIENTER, PP_OCR_RECOGNIZER
from export.sources import RapidOcrZoo
from export.weights import Packaged, Source, Weights
from local.packages import Package

RAPIDOCR_3 = Packaged(
    Package(
        "pypi",
        "rapidocr",
        "3.10.0",
        "rapidocr-3.10.0-py3-none-any.whl",
        "2fc34e26cd0f48514804a94f8832283039c7334076bff60768b1fed9ad068050",
    )
)
ZOO = RapidOcrZoo(RAPIDOCR_3)
LICENCE = "Apache-2.0 (the package's)"


def _weights(source: Source, member: str, sha256: str) -> tuple[Weights, ...]:
    origin = f"{member.rpartition('/')[2]} of PaddlePaddle's PaddleOCR, in ONNX's format."
    return (Weights(source, member, sha256, LICENCE, origin),)


def _pack(pack: str, *models: tuple[Model, tuple[Weights, ...]]) -> tuple[Model, ...]:
    return tuple(replace(model, pack=pack, weights=weights) for model, weights in models)


ORIENTER = _weights(
    RAPIDOCR_3,
    "rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
)
# Some fifty languages of Latin letters (Indonesian among them), Chinese and Japanese.
PP_OCR_V6 = _pack(
    "ppocr_v6",
    (
        PP_OCR_DETECTOR,
        _weights(
            RAPIDOCR_3,
            "rapidocr/models/PP-OCRv6_det_small.onnx",
            "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
        ),
    ),
    (PP_OCR_ORIENTER, ORIENTER),
    (
        PP_OCR_RECOGNIZER,
        _weights(
            RAPIDOCR_3,
            "rapidocr/models/PP-OCRv6_rec_small.onnx",
            "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
        ),
    ),
)
# By script, as PaddleOCR groups languages: the file of the recogniser, and its sha256.
SCRIPTS = {
    "ch": (
        "PP-OCRv5/rec/ch_PP-OCRv5_rec_mobile",
        "5825fc7ebf84ae7a412be049820b4d86d77620f204a041697b0494669b1742c5",
    ),
    "chinese_cht": (
        "PP-OCRv4/rec/chinese_cht_PP-OCRv3_rec_mobile",
        "779656d044ce388045e02ea9244724616194e63928606436cdfc6dc3c9528cc6",
    ),
    "en": (
        "PP-OCRv5/rec/en_PP-OCRv5_rec_mobile",
        "c3461add59bb4323ecba96a492ab75e06dda42467c9e3d0c18db5d1d21924be8",
    ),
    "latin": (
        "PP-OCRv5/rec/latin_PP-OCRv5_rec_mobile",
        "b20bd37c168a570f583afbc8cd7925603890efbcdc000a59e22c269d160b5f5a",
    ),
    "eslav": (
        "PP-OCRv5/rec/eslav_PP-OCRv5_rec_mobile",
        "08705d6721849b1347d26187f15a5e362c431963a2a62bfff4feac578c489aab",
    ),
    "cyrillic": (
        "PP-OCRv5/rec/cyrillic_PP-OCRv5_rec_mobile",
        "90f761b4bfcce0c8c561c0cb5c887b0971d3ec01c32164bdf7374a35b0982711",
    ),
    "arabic": (
        "PP-OCRv5/rec/arabic_PP-OCRv5_rec_mobile",
        "c1192e632d0baa9146ae5b756a0e635e3dc63c1733737ebfd1629e87144e9295",
    ),
    "devanagari": (
        "PP-OCRv5/rec/devanagari_PP-OCRv5_rec_mobile",
        "d6f0a906580e3fa6b324a318718f1f31f268b6ea8ef985f91c2012a37f52c91e",
    ),
    "el": (
        "PP-OCRv5/rec/el_PP-OCRv5_rec_mobile",
        "b4368bccd557123c702b7549fee6cd1e94b581337d1c9b65310f109131542b7f",
    ),
    "japan": (
        "PP-OCRv4/rec/japan_PP-OCRv4_rec_mobile",
        "e1075a67dba758ecfc7ebc78a10ae61c95ac8fb66a9c86fab5541e33f085cb7a",
    ),
    "ka": (
        "PP-OCRv4/rec/ka_PP-OCRv4_rec_mobile",
        "9c1e186ea1d13cf6c853e57b42d382c3961fdd6acc2409e0d0dc44defc9f152b",
    ),
    "korean": (
        "PP-OCRv5/rec/korean_PP-OCRv5_rec_mobile",
        "cd6e2ea50f6943ca7271eb8c56a877a5a90720b7047fe9c41a2e541a25773c9b",
    ),
    "ta": (
        "PP-OCRv5/rec/ta_PP-OCRv5_rec_mobile",
        "a42448808b7dea87597336f12438935f40353f1949e8360acd9e06b4da21bfe1",
    ),
    "te": (
        "PP-OCRv5/rec/te_PP-OCRv5_rec_mobile",
        "a3690451b50028a09a3316a1274f7c05728151ea3f8fd392696397a7fefcbd92",
    ),
    "th": (
        "PP-OCRv5/rec/th_PP-OCRv5_rec_mobile",
        "de541dd83161c241ff426f7ecfd602a0ba77d686cf3ab9a6c255ea82fd08006e",
    ),
}
DETECTOR = _weights(
    ZOO,
    "onnx/PP-OCRv5/det/ch_PP-OCRv5_det_mobile.onnx",
    "4d97c44a20d30a81aad087d6a396b08f786c4635742afc391f6621f5c6ae78ae",
)
PACKS = {
    "ppocr_v6": PP_OCR_V6,
    **{
        f"ppocr_{script}": _pack(
            f"ppocr_{script}",
            (PP_OCR_DETECTOR, DETECTOR),
            (PP_OCR_ORIENTER, ORIENTER),
            (PP_OCR_RECOGNIZER, _weights(ZOO, f"onnx/{file}.onnx", sha256)),
        )
        for script, (file, sha256) in SCRIPTS.items()
    },
}
