"""Figures beside peers: each beside what the peer did in the same run."""

from typing import Any

import pytest

from bench import peers, vectors
from bench.figures import Figure, Remark, Verdict
from local import LocalError


def said(seconds: float, **values: Any) -> dict[str, Any]:
    return {"seconds": seconds, "photos": 60, "faces": 90, **values}


class TestPeers:
    def test_are_beside_the_middle_of_their_rounds(self) -> None:
        rounds = [
            {"ours": said(6.0), "classes": said(seconds), "dlib": said(30.0)}
            for seconds in (5.0, 10.0, 100.0)
        ]

        classes, dlib = [each for each in peers.found(rounds) if isinstance(each, Figure)]

        assert (classes.name, classes.value, classes.reference_value) == ("peer_classes", 10.0, 6.0)
        assert (dlib.name, dlib.reference_value, dlib.n) == ("peer_dlib", 2.0, 180)
        assert {classes.verdict, dlib.verdict} == {Verdict.TOLD}

    def test_say_what_could_not_be_measured_and_why(self) -> None:
        findings = peers.found([{name: said(1.0) for name in ("ours", "classes", "dlib")}])

        remarks = [each.text for each in findings if isinstance(each, Remark)]
        assert remarks[0].startswith("Faces found in 60 photos: 90 by ours, 90 by deface's")
        assert remarks[1].startswith("deepface is not measured")

    def test_have_to_be_installed(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        monkeypatch.setattr(peers, "PROGRAM", tmp_path / "python")

        with pytest.raises(LocalError, match="The peers are not installed"):
            peers.installed()


class TestVectors:
    def test_are_beside_faiss_at_the_same_recall(self) -> None:
        told = {
            "n": 300,
            "recall": 0.99,
            "hnsw_recall": 0.991,
            "effort": 48,
            "ms": {"index": [4.0], "bare": [2.0], "exact": [40.0], "flat": [8.0], "hnsw": [0.5]},
            "build_s": {"index": 30.0, "hnsw": 10.0},
        }

        findings = vectors.found(told)

        figures = {each.name: each for each in findings if isinstance(each, Figure)}
        assert {name: (each.value, each.reference_value) for name, each in figures.items()} == {
            "vectors_recall": (0.99, 1),
            "vectors_index_p50": (4.0, 0.5),
            "vectors_index_p95": (4.0, 0.5),
            "vectors_bare_p50": (2.0, 0.5),
            "vectors_bare_p95": (2.0, 0.5),
            "vectors_exact_p50": (40.0, 8.0),
            "vectors_exact_p95": (40.0, 8.0),
            "vectors_build": (30.0, 10.0),
        }
        assert "efSearch is 48, at which it finds 0.991" in str(findings[-1])
