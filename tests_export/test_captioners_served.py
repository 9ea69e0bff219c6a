"""From files as a hub has them to sentences that the service gets from a real Triton."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from export import blip, captioning, florence, rows_captions
from export.blip import BlipDecoder
from export.build import build
from export.kinds import Array
from export.models import Model
from export.publish import is_current, publish
from export.samples import PackagedPhotos
from export.sources import LOCAL
from local.packages import CACHE
from tests_export.making import files_of
from tests_export.making_captioners import SIDE, make_blip, make_florence
from tests_export.served import blip_processor, florence_processor, noise, one_thread

ROOT = Path(__file__).resolve().parents[1]
SERVICE = ROOT / ".venv" / "bin" / "python"
TRITON = ROOT / ".venvs" / "triton"
BEAMS = BlipDecoder("a picture of", max_length=20, min_length=5, beams=3)
GREEDY = BlipDecoder(max_length=24)


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as the hub is, with tiny captioners under the names of the real ones."""
    monkeypatch.setenv(LOCAL, str(tmp_path / "hub"))
    make_blip(tmp_path / "hub" / rows_captions.BLIP_BASE.repository)
    make_florence(tmp_path / "hub" / rows_captions.FLORENCE_2_BASE.repository)
    return tmp_path / "hub"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache of the test's own, that has the packages of the real one: pins go there."""
    folder = tmp_path / "cache"
    folder.mkdir()
    for package in CACHE.iterdir():
        (folder / package.name).symlink_to(package)
    return folder


@pytest.fixture
def images(photos: PackagedPhotos) -> Array:
    return np.concatenate([captioning.pictures(photos, SIDE), noise(3, SIDE)])


def published(rows: Sequence[Model], cache: Path, repository: Path) -> list[str]:
    repository.mkdir(exist_ok=True)
    for row in rows:
        publish(row, build(row, cache=cache), repository)
    return [row.name for row in rows]


class TestCaptionsByTriton:
    @pytest.mark.parametrize("kind", [BEAMS, GREEDY], ids=["beams", "greedy"])
    def test_are_those_of_blip_itself(
        self, kind: BlipDecoder, hub: Path, cache: Path, images: Array, tmp_path: Path
    ) -> None:
        encoder, decoder = rows_captions.OPEN
        names = published((encoder, replace(decoder, kind=kind)), cache, tmp_path / "repository")

        said = captions(tmp_path, names, images)

        assert said == [blip_says(hub, image, kind) for image in images]
        assert len(set(said)) > 1

    def test_are_those_of_florence_itself(
        self, hub: Path, cache: Path, images: Array, tmp_path: Path
    ) -> None:
        names = published(rows_captions.FLORENCE, cache, tmp_path / "repository")

        said = captions(tmp_path, names, images)

        assert said == [florence_says(hub, image) for image in images]
        assert len(set(said)) > 1


class TestRows:
    def test_build_a_pair_of_the_same_weights_that_is_current_until_they_change(
        self, hub: Path, cache: Path, tmp_path: Path
    ) -> None:
        repository = tmp_path / "repository"

        names = published(rows_captions.OPEN, cache, repository)

        manifests = [
            json.loads((repository / name / "manifest.json").read_text()) for name in names
        ]
        assert len({each["space"].split(":")[1] for each in manifests}) == 1
        assert [is_current(row, repository) for row in rows_captions.OPEN] == [True, True]
        changed = replace(rows_captions.OPEN[1], kind=GREEDY)
        assert not is_current(changed, repository)


def captions(folder: Path, names: Sequence[str], images: Array) -> list[str]:
    if not (SERVICE.exists() and TRITON.exists()):
        pytest.skip("The service and Triton are not installed: run `make setup`.")
    np.save(folder / "images.npy", images)
    (folder / "triton").mkdir()
    words = [folder / "repository", *names, folder / "triton", folder / "images.npy"]
    ran = subprocess.run(
        [SERVICE, "-m", "tests_export.caption", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def blip_says(hub: Path, image: Array, kind: BlipDecoder) -> str:
    """As the library's own page shows it, but for the prompt, which it repeats."""
    files = files_of(hub / rows_captions.BLIP_BASE.repository)
    read, processor = blip.load(files), blip_processor(files)
    inputs = processor(Image.fromarray(image), text=kind.prompt or None, return_tensors="pt")
    answer = read.model.generate(
        **inputs, max_length=kind.max_length, min_length=kind.min_length, num_beams=kind.beams
    )
    text = processor.decode(answer[0], skip_special_tokens=True)
    return text.removeprefix(kind.prompt).strip()


def florence_says(hub: Path, image: Array) -> str:
    files = files_of(hub / rows_captions.FLORENCE_2_BASE.repository)
    read, processor = florence.load(files, florence.CAPTION), florence_processor(files)
    inputs = processor(text="<CAPTION>", images=Image.fromarray(image), return_tensors="pt")
    answer = read.model.generate(**inputs, max_length=rows_captions.FLORENCE[1].kind.max_length)
    return processor.batch_decode(answer, skip_special_tokens=True)[0].strip()
