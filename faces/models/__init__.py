"""Faces, the groups they form, the people they belong to, and what was done to them."""

from faces.models.calibration import Calibration
from faces.models.centroids import Centroid
from faces.models.edits import Edit
from faces.models.erasure import Erasure
from faces.models.faces import LOOKED_AT, LOOKED_AT_ALONE, Face, FaceVector
from faces.models.grouping import GroupingDue
from faces.models.people import (
    MAX_CONTACT_ID,
    MAX_NAME,
    SAMPLE,
    Cluster,
    Membership,
    Part,
    Person,
    new_cluster_id,
)
from faces.models.sittings import Answered, Inquiry, OpenQuestion, QuestionKind, Sitting
from faces.models.tallies import Tally
from faces.models.verdicts import Pair, Rejection

__all__ = [
    "LOOKED_AT",
    "LOOKED_AT_ALONE",
    "MAX_CONTACT_ID",
    "MAX_NAME",
    "SAMPLE",
    "Answered",
    "Calibration",
    "Centroid",
    "Cluster",
    "Edit",
    "Erasure",
    "Face",
    "FaceVector",
    "GroupingDue",
    "Inquiry",
    "Membership",
    "OpenQuestion",
    "Pair",
    "Part",
    "Person",
    "QuestionKind",
    "Rejection",
    "Sitting",
    "Tally",
    "new_cluster_id",
]
