"""Reading faces, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests_training.making import File, make_faces
from training import Refused
from training.faces import Faces

ONE_FOR_TWO = np.repeat(np.arange(40), 6)
NOT_FINITE = make_faces().vectors.copy()
NOT_FINITE[7, 3] = np.nan
NOT_UNIT = make_faces().vectors.copy()
NOT_UNIT[5] *= 1.5


class TestLoad:
    def test_reads_what_was_written(self, tmp_path: Path) -> None:
        file = File().write(tmp_path / "faces.npz", rejected=np.array([[1000, 1006]]))

        faces = Faces.load(file)

        wanted = make_faces()
        np.testing.assert_allclose(faces.vectors, wanted.vectors, atol=1e-6)
        assert (faces.person == wanted.person).all()
        assert faces.rejected.tolist() == [[0, 6]]
        assert (faces.space, faces.same_person_cosine) == (wanted.space, 0.4)

    def test_needs_neither_owners_nor_rejected_pairs(self, tmp_path: Path) -> None:
        file = File().write(tmp_path / "faces.npz", owner=None, rejected=None)

        faces = Faces.load(file)

        assert faces.rejected.shape == (0, 2)
        assert set(faces.owner.tolist()) == {0}

    def test_takes_half_precision(self, tmp_path: Path) -> None:
        half = make_faces().vectors.astype(np.float16)

        faces = Faces.load(File().write(tmp_path / "faces.npz", vectors=half))

        assert faces.vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(faces.vectors, axis=1), 1, atol=1e-6)

    @pytest.mark.parametrize(
        ("code", "detail", "changes"),
        [
            ("field_missing", "no space", {"space": None}),
            ("field_missing", "no vectors", {"vectors": None}),
            ("field_wrong", "space is no text", {"space": np.array("")}),
            ("field_wrong", "vectors has the shape", {"vectors": np.ones(3, np.float32)}),
            ("field_wrong", "vectors holds int64", {"vectors": np.ones((240, 4), np.int64)}),
            ("field_wrong", "person has the shape", {"person": np.zeros(7, np.int64)}),
            ("field_wrong", "person holds float64", {"person": np.zeros(240)}),
            ("field_wrong", "rejected has the shape", {"rejected": np.zeros((2, 3), np.int64)}),
            ("field_wrong", "same_person_cosine", {"same_person_cosine": 1.5}),
            ("vectors_not_finite", "Row 7", {"vectors": NOT_FINITE}),
            ("vectors_not_unit", "Row 5 of vectors has the length 1.5", {"vectors": NOT_UNIT}),
            ("faces_unknown", "unknown faces: 5, 7", {"rejected": np.array([[5, 7]])}),
            ("labels_contradict", "one person.*: 1000 and 1001", {"rejected": [[1000, 1001]]}),
            ("labels_contradict", "one person.*: 1000 and 1000", {"rejected": [[1000, 1000]]}),
            ("labels_contradict", "two people at once: 0 and|0, 1, 2", {"face": ONE_FOR_TWO % 20}),
            ("faces_repeated", "0, 1, 2 and 37 more", {"face": ONE_FOR_TWO}),
        ],
    )
    def test_refuses_what_it_cannot_learn_from(
        self, tmp_path: Path, code: str, detail: str, changes: dict[str, Any]
    ) -> None:
        file = File().write(tmp_path / "faces.npz", **changes)

        with pytest.raises(Refused, match=detail) as refused:
            Faces.load(file)

        assert refused.value.code == code

    @pytest.mark.parametrize("content", [None, b"", b"no archive", b"PK\x03\x04 cut off"])
    def test_refuses_a_file_that_is_none(self, tmp_path: Path, content: bytes | None) -> None:
        file = tmp_path / "faces.npz"
        if content is not None:
            file.write_bytes(content)

        with pytest.raises(Refused) as refused:
            Faces.load(file)

        assert refused.value.code == "faces_unreadable"

    def test_runs_no_program_of_a_file(self, tmp_path: Path) -> None:
        file = File().write(tmp_path / "faces.npz", space=np.array([{"a": 1}], object))

        with pytest.raises(Refused) as refused:
            Faces.load(file)

        assert refused.value.code == "faces_unreadable"
