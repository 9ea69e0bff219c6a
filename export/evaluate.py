"""How good the served models are, on labelled photos of the user's own.

    FOLDER/people/NAME/*.png                     faces of people             -> AUC of face pairs
    FOLDER/scenes/images/*.jpg                   photos
    FOLDER/scenes/captions*.json, instances*.json   of COCO's form           -> recall, mAP

Runs in the service's environment (.venv), through the real model server and the service's own
adapters: what is measured is what users get.
"""

import argparse
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import combinations
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps
from rich.console import Console
from rich.progress import track
from rich.table import Table

from inference import roles
from inference.arrays import RGB, Array
from inference.client import TritonClient
from inference.encoders import TritonImageEncoder, TritonTextEncoder
from inference.faces import TritonFaceDetector, TritonFaceEmbedder
from inference.geometry import align
from inference.objects import TritonObjectDetector
from inference.spec import ModelSpec
from inference.tokens import FileTokens
from local import LocalError
from local.triton import Triton

REPOSITORY = Path(__file__).resolve().parents[1] / "model_repository"
CALL_S = 60.0
LEAST_SCORE = 0.05  # of a thing: average precision looks at unlikely ones too
RANKS = (1, 5, 10)


@dataclass(frozen=True)
class Score:
    """What was measured, and on how much."""

    name: str
    value: float
    n: str


@dataclass(frozen=True)
class Models:
    """The models of one pack at the server."""

    client: TritonClient
    repository: Path
    pack: str

    def at(self, role: ModelSpec) -> ModelSpec | None:
        """The newest version of the pack's model for `role`, if there is one."""
        found = self.repository.glob(f"{role.name}.{self.pack}.*")
        versions = [int(folder.name.rpartition(".")[2]) for folder in found]
        return role.at(f"{role.name}.{self.pack}.{max(versions)}") if versions else None


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    console = Console(soft_wrap=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            scores = _measure(options, Path(folder), console)
    except LocalError as exc:
        console.print(str(exc), markup=False)
        return 1
    table = Table("measured", "value", "on")
    for score in scores:
        table.add_row(score.name, f"{score.value:.3f}", score.n)
    console.print(table)
    return 0 if scores else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export evaluate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pack", default="packaged")
    parser.add_argument("--repository", type=Path, default=REPOSITORY, help="default: %(default)s")
    return parser


def _measure(options: argparse.Namespace, folder: Path, console: Console) -> list[Score]:
    names = [path.parent.name for path in options.repository.glob(f"*.{options.pack}.*/1")]
    if not names:
        raise LocalError(f"The pack {options.pack} is not built: python -m export {options.pack}")
    with (
        console.status("Loading the models"),
        Triton(options.repository, names, folder) as triton,
        TritonClient(triton.url, timeout_s=CALL_S) as client,
    ):
        models = Models(client, options.repository, options.pack)
        return [
            *_faces(models, options.folder / "people"),
            *_objects(models, options.folder / "scenes"),
            *_search(models, options.folder / "scenes"),
        ]


# --- Faces ---------------------------------------------------------------------------------------


def _faces(models: Models, folder: Path) -> Iterator[Score]:
    """Area under the ROC curve: a pair of one person's faces against a pair of two people's."""
    from sklearn.metrics import roc_auc_score  # noqa: PLC0415  # slow to import, for this alone

    detector, embedder = models.at(roles.FACE_DETECTOR), models.at(roles.FACE_EMBEDDER)
    photos = sorted(folder.glob("*/*.*"))
    if not (detector and embedder and photos):
        return
    finds = TritonFaceDetector(models.client, detector)
    crops, people = [], []
    for path in track(photos, "faces", transient=True):
        image = _opened(path)
        found = finds.detect(image)[:1]
        crops += [align(image, face.landmarks) for face in found]
        people += [path.parent.name for _ in found]
    vectors = TritonFaceEmbedder(models.client, embedder).embed(crops)
    cosines = vectors @ vectors.T
    pairs = list(combinations(range(len(people)), 2))
    same = [people[one] == people[other] for one, other in pairs]
    yield Score("faces found", len(crops) / len(photos), f"{len(photos)} photos of one face")
    auc = roc_auc_score(same, [cosines[pair] for pair in pairs])
    yield Score("face AUC", auc, f"{sum(same)} pairs of one person, {len(same)} in all")


# --- Objects -------------------------------------------------------------------------------------


def _objects(models: Models, folder: Path) -> Iterator[Score]:
    """Average precision as COCO counts it."""
    model, labels = models.at(roles.OBJECT_DETECTOR), next(folder.glob("instances*.json"), None)
    if not (model and labels):
        return
    from pycocotools.coco import COCO  # noqa: PLC0415  # for developers only
    from pycocotools.cocoeval import COCOeval  # noqa: PLC0415

    finds = TritonObjectDetector(models.client, model, min_score=LEAST_SCORE)
    with redirect_stdout(StringIO()):
        truth = COCO(str(labels))
        numbers = {each["name"]: each["id"] for each in truth.loadCats(truth.getCatIds())}
        images = truth.loadImgs(truth.getImgIds())
    found = [
        {
            "image_id": image["id"],
            "category_id": numbers[seen.label],
            "bbox": [seen.box.x, seen.box.y, seen.box.width, seen.box.height],
            "score": seen.score,
        }
        for image in track(images, "objects", transient=True)
        for seen in finds.detect(_opened(folder / "images" / image["file_name"]))
    ]
    with redirect_stdout(StringIO()):
        judged = COCOeval(truth, truth.loadRes(found), "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    n = f"{len(images)} photos, {len(truth.getAnnIds())} things"
    yield Score("objects mAP50", float(judged.stats[1]), n)
    yield Score("objects mAP50-95", float(judged.stats[0]), n)


# --- Search --------------------------------------------------------------------------------------


def _search(models: Models, folder: Path) -> Iterator[Score]:
    """How often the photo that a caption was written for is among the first k of all."""
    image_model, text_model = models.at(roles.IMAGE_ENCODER), models.at(roles.TEXT_ENCODER)
    captions = next(folder.glob("captions*.json"), None)
    if not (image_model and text_model and captions):
        return
    told = json.loads(captions.read_text())
    encoder = TritonImageEncoder(models.client, image_model)
    photos = {image["id"]: row for row, image in enumerate(told["images"])}
    seen = np.stack(
        [
            encoder.encode(_opened(folder / "images" / image["file_name"]))
            for image in track(told["images"], "search", transient=True)
        ]
    )
    tokens = FileTokens(models.repository / text_model.name / "1" / "tokenizer.json")
    texts = TritonTextEncoder(models.client, tokens, text_model)
    meant = texts.encode([each["caption"] for each in told["annotations"]])
    wanted = np.array([photos[each["image_id"]] for each in told["annotations"]])
    for rank, recall in recalls(meant @ seen.T, wanted).items():
        yield Score(f"search recall@{rank}", recall, f"{len(wanted)} captions, {len(seen)} photos")


def recalls(likeness: Array, wanted: Array) -> Mapping[int, float]:
    """For queries x photos (q, n), and which photo each query wants (q,): share by rank."""
    own = np.take_along_axis(likeness, wanted[:, None], axis=1)
    better = (likeness > own).sum(axis=1)
    return {rank: float((better < rank).mean()) for rank in RANKS}


def _opened(path: Path) -> RGB:
    with Image.open(path) as photo:
        return np.asarray(ImageOps.exif_transpose(photo).convert("RGB"))
