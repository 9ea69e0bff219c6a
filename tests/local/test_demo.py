import json
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from local.packages import CACHE, fetch
from local.photos import FACE_RECOGNITION
from local.stage import Stage
from tests.local.whole import Place, need_models, without_network

PORTRAITS = ("obama.jpg", "obama2.jpg", "biden.jpg")


@dataclass(frozen=True)
class Performance:
    """A demo that has ended, and what it left."""

    place: Place
    ended: subprocess.CompletedProcess[str]
    left: list[str]
    report: dict[str, Any]

    def photo(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = next(p for p in self.report["photos"] if p["name"] == name)
        return found


@pytest.fixture(scope="module")
def place(open_folder: Path) -> Place:
    return Place.below(open_folder)


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two photos of one person, one of them twice, another person, and three that are no photos."""
    if not (CACHE / FACE_RECOGNITION.sha256 / FACE_RECOGNITION.file).exists():
        pytest.skip("The package with the photos is not in the cache: run `make test`.")
    folder = tmp_path_factory.mktemp("album")
    fetch(FACE_RECOGNITION, [f"*/test_images/{name}" for name in PORTRAITS], folder)
    (folder / "more").mkdir()
    shutil.copy(folder / "obama.jpg", folder / "more" / "copy.jpg")
    (folder / "broken.jpg").write_text("no photo")
    (folder / "empty.jpg").touch()
    (folder / "gone.jpg").symlink_to(folder / "nowhere.jpg")
    return folder


@pytest.fixture(scope="module")
def performance(place: Place, album: Path) -> Performance:
    need_models()
    ended = place.run("local.demo", album, within=without_network())
    assert ended.returncode == 0, ended.stderr
    return Performance(
        place, ended, place.processes(), json.loads(Stage(place.var / "demo").report.read_text())
    )


class TestDemo:
    def test_asks_no_hub_and_nobody_else(self, performance: Performance) -> None:
        """It had a loopback and no other network: the whole pipeline ran, with every model."""
        if not without_network():
            pytest.skip("Networks of their own are made by root alone here.")
        scene = performance.photo("obama.jpg")

        assert performance.ended.returncode == 0
        assert scene["objects"]
        assert scene["captions"]
        assert scene["embeddings"]

    def test_reports_each_photo_by_its_path_in_the_folder(self, performance: Performance) -> None:
        names = [photo["name"] for photo in performance.report["photos"]]

        assert names == [
            "biden.jpg",
            "broken.jpg",
            "empty.jpg",
            "gone.jpg",
            "more/copy.jpg",
            "obama.jpg",
            "obama2.jpg",
        ]

    def test_reports_faces_with_box_confidence_cluster_and_person(
        self, performance: Performance
    ) -> None:
        (face,) = performance.photo("obama.jpg")["faces"]

        assert set(face) == {"box", "confidence", "cluster", "person"}
        assert set(face["box"]) == {"x", "y", "width", "height"}
        assert 0.5 < face["confidence"] <= 1
        assert face["person"] is None

    @pytest.mark.parametrize(
        ("name", "code"),
        [
            ("broken.jpg", "unsupported_format"),  # a worker says so
            ("empty.jpg", "empty_file"),
            ("gone.jpg", "unreadable"),  # we do
        ],
    )
    def test_reports_why_a_photo_failed_and_goes_on(
        self, performance: Performance, name: str, code: str
    ) -> None:
        photo = performance.photo(name)

        assert photo["error"]["code"] == code
        assert photo["error"]["detail"].endswith(".")
        assert photo["faces"] == []
        assert performance.photo("obama.jpg")["error"] is None

    def test_puts_one_person_together_and_leaves_another_alone(
        self, performance: Performance
    ) -> None:
        (cluster,) = performance.report["clusters"]

        assert sorted(face["photos"] for face in cluster["faces"]) == [
            ["more/copy.jpg", "obama.jpg"],
            ["obama2.jpg"],
        ]
        assert performance.photo("obama2.jpg")["faces"][0]["cluster"] == cluster["id"]
        assert performance.photo("biden.jpg")["faces"][0]["cluster"] is None

    def test_reports_how_long_it_took(self, performance: Performance) -> None:
        stages = performance.report["stages"]

        total = stages.pop("total")

        assert total == pytest.approx(sum(stages.values()), abs=0.01)
        assert performance.report["photos_per_s"] == pytest.approx(6 / stages["photos"], abs=0.02)

    def test_draws_the_contact_sheet(self, performance: Performance) -> None:
        with Image.open(Stage(performance.place.var / "demo").sheet) as sheet:
            assert sheet.format == "PNG"
            assert sheet.width > 1000

    def test_draws_what_is_in_each_photo_that_can_be_read(self, performance: Performance) -> None:
        folder = performance.place.var / "demo" / "photos"

        pictures = sorted(file.relative_to(folder) for file in folder.rglob("*.png"))

        names = ["biden.jpg", "more/copy.jpg", "obama.jpg", "obama2.jpg"]
        assert pictures == [Path(f"{name}.png") for name in names]
        assert f"Photos:  {folder}" in performance.ended.stdout

    def test_reports_what_is_in_a_photo_beside_faces(self, performance: Performance) -> None:
        photo, broken = performance.photo("obama.jpg"), performance.photo("broken.jpg")

        done = {analysis["operation"] for analysis in photo["analyses"]}

        assert "faces" in done
        assert broken["analyses"] == []
        assert set(photo) == set(broken)

    def test_says_how_to_look_further(self, performance: Performance) -> None:
        password = (performance.place.var / "admin-password").read_text().strip()

        assert "make up DEMO=1" in performance.ended.stdout
        assert f"user admin, password {password}" in performance.ended.stdout

    def test_leaves_nothing_running(self, performance: Performance) -> None:
        assert performance.left == []

    def test_stops_everything_when_interrupted(self, place: Place, album: Path) -> None:
        need_models()
        with place.start("local.demo", album) as demo:
            assert demo.stdout
            while "PostgreSQL" not in (line := demo.stdout.readline()):
                assert line, "it ended before it could be interrupted"
            demo.send_signal(signal.SIGINT)
            written = demo.stdout.read()

        assert demo.returncode == 130
        assert written.splitlines()[-1] == "Stopped; nothing is left running."
        assert place.processes() == []

    def test_is_alone(self, place: Place, album: Path) -> None:
        with Stage(place.var / "demo").held():
            ended = place.run("local.demo", album)

        assert ended.returncode == 1
        assert ended.stderr.startswith("Another demo is running")

    def test_takes_no_photos_from_a_folder_that_it_empties(self, place: Place) -> None:
        folder = place.var / "demo" / "photos"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "precious.jpg").touch()

        ended = place.run("local.demo", folder)

        assert ended.returncode == 2
        assert ended.stderr.startswith(f"{folder} is the demo's own")
        assert (folder / "precious.jpg").exists()

    def test_wants_a_folder_with_photos(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no photo")

        empty = place.run("local.demo", tmp_path)
        missing = place.run("local.demo", tmp_path / "nowhere")

        assert (empty.returncode, missing.returncode) == (2, 2)
        assert empty.stderr.startswith(f"There is no photo in {tmp_path}")
        assert missing.stderr == f"{tmp_path / 'nowhere'} is not a folder.\n"
