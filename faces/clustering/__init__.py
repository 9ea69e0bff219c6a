"""Which faces look like one person. Pure functions on arrays; vectors are of length 1."""

from faces.clustering.constraints import Known
from faces.clustering.evidence import ALONE, required
from faces.clustering.graph import Graph, Progress
from faces.clustering.known_groups import Groups, Match, Ranking, assign, rank
from faces.clustering.matching import match_groups
from faces.clustering.methods import cluster, neighbours
from faces.clustering.rules import MIN_SIZE, Method, Rule

__all__ = [
    "ALONE",
    "MIN_SIZE",
    "Graph",
    "Groups",
    "Known",
    "Match",
    "Method",
    "Progress",
    "Ranking",
    "Rule",
    "assign",
    "cluster",
    "match_groups",
    "neighbours",
    "rank",
    "required",
]
