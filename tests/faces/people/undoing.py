"""What undoing is tried with: faces of a cluster, and the edit that was the last."""

import pytest

from faces.models import Cluster, Edit
from photos.models import Owner
from tests.factories import (
    make_owner,
)


@pytest.fixture
def owner() -> Owner:
    return make_owner()


def last(owner: Owner) -> Edit:
    return Edit.objects.of(owner).newest_first()[0]


def faces_of(cluster: Cluster) -> list[int]:
    return list(cluster.memberships.order_by("face").values_list("face", flat=True))
