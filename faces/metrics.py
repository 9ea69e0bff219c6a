"""What is measured of faces: docs/monitoring.md."""

from prometheus_client import Counter

FOUND = Counter("kindred_faces_found_total", "Faces that were found in photos, and are new.")
MATCHED = Counter(
    "kindred_faces_matched_total",
    "Faces of photos that came to a cluster that was there, by themselves.",
)


def note(found: int, matched: int) -> None:
    FOUND.inc(found)
    MATCHED.inc(matched)
