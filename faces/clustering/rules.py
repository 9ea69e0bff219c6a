"""What makes a group of faces."""

from dataclasses import dataclass
from enum import StrEnum

from faces.clustering.evidence import MANY

MIN_SIZE = 3
_SURE = 0.3  # of the way from the asked cosine to 1: there, two faces are of one person for sure


class Method(StrEnum):
    """How groups are found. What is known of faces holds in all of them."""

    AGGLOMERATIVE = "agglomerative"
    HDBSCAN = "hdbscan"
    DBSCAN = "dbscan"


@dataclass(frozen=True)
class Rule:
    """What makes a group."""

    same_person: float  # cosine, -1 to 1: two faces that are so much alike are of one person
    method: Method = Method.AGGLOMERATIVE
    min_size: int = MIN_SIZE  # faces of good quality in a group at least

    @property
    def least(self) -> float:
        """Two faces with a lower cosine tell nothing for their being one person."""
        return self.same_person * MANY

    @property
    def sure(self) -> float:
        return self.same_person + (1 - self.same_person) * _SURE
