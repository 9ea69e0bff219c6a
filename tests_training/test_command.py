"""The commands, as whoever starts them sees them."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from PIL import Image

from tests_training.making import SPACE, File, make_faces
from tests_training.running import FEW, run

FILES = {"model.onnx", "report.json", "loss.png", "separation.png"}


def report_of(out: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((out / "report.json").read_text())
    return report


class TestTrain:
    def test_says_after_each_epoch_how_far_it_is(
        self, trained: tuple[Path, list[dict[str, Any]]]
    ) -> None:
        _, [*epochs, last] = trained

        assert [(line["epoch"], line["epochs"]) for line in epochs] == [(1, 3), (2, 3), (3, 3)]
        assert {*epochs[0]} == {"epoch", "epochs", "loss", "tar", "far", "auc"}
        assert {*last} == {"kept", "reason", "model_sha256"}

    def test_reports_what_it_came_to(self, trained: tuple[Path, list[dict[str, Any]]]) -> None:
        out, [*epochs, last] = trained

        report = report_of(out)

        before, after = report["held_out"]["before"], report["held_out"]["after"]
        assert report["kept"] is last["kept"] is True
        assert after["tar"]["0.01"] > before["tar"]["0.01"]
        assert after["auc"] == epochs[-1]["auc"] > before["auc"] + 0.05
        assert report["losses"] == [line["loss"] for line in epochs]
        assert report["counts"] == {
            "people_learnt": 28,
            "people_held_out": 12,
            "faces_learnt": 168,
            "faces_held_out": 72,
            "faces_left_out": 0,
            "rejected_pairs": 0,
            "held_out_pairs_same": 12 * 15,
            "held_out_pairs_different": 66 * 36,
        }
        assert (report["space"], report["dimension"]) == (SPACE, 32)
        assert report["settings"]["seed"] == 0
        assert report["versions"]["onnxruntime"] == ort.__version__

    def test_writes_a_model_that_says_what_it_takes(
        self, trained: tuple[Path, list[dict[str, Any]]]
    ) -> None:
        out, [*_, last] = trained
        content = (out / "model.onnx").read_bytes()

        session = ort.InferenceSession(content)
        said = {each.key: each.value for each in onnx.load_from_string(content).metadata_props}

        report = report_of(out)
        assert sha256(content).hexdigest() == last["model_sha256"] == report["model_sha256"]
        assert [(each.name, each.type) for each in session.get_inputs()] == [
            ("vectors", "tensor(float)")
        ]
        assert said == {
            "takes": SPACE,
            "same_person_cosine": f"{report['same_person_cosine']['after']:.4f}",
        }
        for count in (1, 5):
            [moved] = session.run(None, {"vectors": make_faces().vectors[:count]})
            assert moved.shape == (count, 32)
            np.testing.assert_allclose(np.linalg.norm(moved, axis=1), 1, atol=1e-5)
        assert report["largest_difference"] < 1e-5

    def test_draws_two_pictures(self, trained: tuple[Path, list[dict[str, Any]]]) -> None:
        out, _ = trained

        assert {file.name for file in out.iterdir()} == FILES
        for name in ("loss.png", "separation.png"):
            with Image.open(out / name) as picture:
                assert picture.width > picture.height > 300
                assert len(picture.convert("RGB").getcolors(10**6)) > 20

    def test_makes_the_same_model_again_and_another_one_of_another_seed(
        self, faces: Path, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        out, _ = trained

        again = run(faces, tmp_path / "again", *FEW)
        other = run(faces, tmp_path / "other", *FEW, "--seed", "1")

        assert again == (0, trained[1])
        assert (tmp_path / "again" / "model.onnx").read_bytes() == (out / "model.onnx").read_bytes()
        assert other[1][-1]["model_sha256"] != trained[1][-1]["model_sha256"]

    @pytest.mark.parametrize(
        ("code", "changes", "words"),
        [
            ("labels_contradict", {"rejected": [[1000, 1001]]}, ()),
            ("vectors_not_unit", {"vectors": make_faces().vectors * 2}, ()),
            ("too_few_people", {}, ("--min-faces", "7")),
            ("training_diverged", {}, ("--learning-rate", "1e25")),
            ("arguments_wrong", {}, ("--epochs", "0")),
            ("arguments_wrong", {}, ("--margin", "nan")),
            ("arguments_wrong", {}, ("--min-faces", "many")),
            ("arguments_wrong", {}, ("--what",)),
        ],
    )
    def test_refuses_with_a_code_and_writes_nothing(
        self, tmp_path: Path, code: str, changes: dict[str, Any], words: tuple[str, ...]
    ) -> None:
        file = File(make_faces(nuisance=1.0)).write(tmp_path / "faces.npz", **changes)

        exit_code, lines = run(file, tmp_path / "below" / "out", *FEW, *words)

        assert exit_code == 2
        assert {*lines[-1]} == {"code", "detail"}
        assert lines[-1]["code"] == code
        assert list((tmp_path / "below").rglob("*")) == []

    @pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 no file of ours"])
    def test_refuses_a_checkpoint_that_it_can_not_read(
        self, faces: Path, tmp_path: Path, damage: bytes
    ) -> None:
        file = tmp_path / "checkpoint"
        file.write_bytes(damage)

        exit_code, [line] = run(faces, tmp_path / "out", *FEW, "--checkpoint", file)

        assert (exit_code, line["code"]) == (2, "checkpoint_unreadable")
        assert file.read_bytes() == damage

    def test_begins_anew_beside_the_checkpoint_of_another_training(
        self, faces: Path, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        checkpoint = ("--checkpoint", tmp_path / "checkpoint")
        run(faces, tmp_path / "other", *FEW, *checkpoint, "--seed", "1")

        told = run(faces, tmp_path / "out", *FEW, *checkpoint)

        assert told == (0, trained[1])

    def test_leaves_what_is_there_as_it_is(self, faces: Path, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "mine.txt").write_text("mine")

        exit_code, [line] = run(faces, tmp_path / "out")

        assert (exit_code, line["code"]) == (2, "out_exists")
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


class TestPublish:
    def test_puts_the_head_into_the_repository(
        self, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        out, [*_, last] = trained

        code, [line] = run("publish", out, "--repository", tmp_path)

        sha = last["model_sha256"]
        space = f"face_matcher:{sha[:16]}:1"
        assert code == 0
        assert line == {"model": "face_matcher.trained.1", "space": space}
        folder = tmp_path / "face_matcher.trained.1"
        assert (folder / "1" / "model.onnx").exists()
        manifest = json.loads((folder / "manifest.json").read_text())
        assert manifest["space"] == space
        assert manifest["parameters"] == {
            "dimension": "32",
            "same_person_cosine": f"{report_of(out)['same_person_cosine']['after']:.4f}",
            "takes": SPACE,
        }
        config = (folder / "config.pbtxt").read_text()
        assert f'"takes" value {{ string_value: "{SPACE}" }}' in config
        assert str(out) not in config + json.dumps(manifest)

    def test_gives_the_same_head_the_version_that_it_has_and_another_one_the_next(
        self, faces: Path, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path
    ) -> None:
        run(faces, tmp_path / "other", *FEW, "--seed", "1")
        outs = (trained[0], trained[0], tmp_path / "other", trained[0])

        told = [run("publish", out, "--repository", tmp_path / "models") for out in outs]

        names = [line["model"] for _, [line] in told]
        assert [name.rpartition(".")[2] for name in names] == ["1", "1", "2", "1"]

    def test_publishes_no_head_that_is_not_kept(self, tmp_path: Path) -> None:
        file = File(make_faces(noise=0.1)).write(tmp_path / "faces.npz")
        _, [*_, last] = run(file, tmp_path / "out", "--epochs", "1")

        code, [line] = run("publish", tmp_path / "out", "--repository", tmp_path / "models")

        assert last["kept"] is False
        assert (code, line) == (2, {"code": "not_kept", "detail": last["reason"]})
        assert not (tmp_path / "models").exists()

    @pytest.mark.parametrize(
        ("code", "words"),
        [("name_wrong", ("--name", "../up")), ("arguments_wrong", ("--to", "here"))],
    )
    def test_refuses_what_makes_no_name(
        self,
        trained: tuple[Path, list[dict[str, Any]]],
        tmp_path: Path,
        code: str,
        words: tuple[str, ...],
    ) -> None:
        exit_code, [line] = run("publish", trained[0], "--repository", tmp_path / "new", *words)

        assert (exit_code, line["code"]) == (2, code)
        assert not (tmp_path / "new").exists()

    @pytest.mark.parametrize("damage", ["cut", "gone"])
    def test_publishes_no_damaged_head(
        self, trained: tuple[Path, list[dict[str, Any]]], tmp_path: Path, damage: str
    ) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "report.json").write_bytes((trained[0] / "report.json").read_bytes())
        if damage == "cut":
            (out / "model.onnx").write_bytes((trained[0] / "model.onnx").read_bytes()[:-9])

        code, [line] = run("publish", out, "--repository", tmp_path / "models")

        assert (code, line["code"]) == (2, "not_publishable")
        assert list((tmp_path / "models").iterdir()) == []

    def test_needs_the_report_of_a_training(self, tmp_path: Path) -> None:
        code, [line] = run("publish", tmp_path, "--repository", tmp_path / "models")

        assert (code, line["code"]) == (2, "report_unreadable")
