"""What is refused on pages is said in the reader's language; to programs, in English."""

from collections.abc import Iterator

import pytest
from django.utils import timezone, translation

from faces.errors import Overtaken, TwiceInPhoto
from faces.models import Edit
from faces.people import merging, naming
from faces.people.editing import undo
from jobs import operations
from jobs.errors import OperationUnavailable, QueueFull
from photos import heads, roles
from photos.errors import FacesMustFollow, ModelInUse, ModelPinned, NothingBefore
from photos.models import ServedModel
from photos.policy import Policy
from tests.factories import make_cluster, make_face, make_owner, make_photo

pytestmark = pytest.mark.django_db
POLICY = Policy(explicit=True, load_s=1, call_s=20, idle_s=0, memory_bytes=0)


@pytest.fixture
def indonesian() -> Iterator[None]:
    with translation.override("id"):
        yield


@pytest.mark.usefixtures("indonesian")
class TestInIndonesian:
    def test_is_an_undo_that_a_later_edit_prevents(self) -> None:
        cluster = make_cluster(faces=1)
        naming.name_cluster(cluster, "Anna")
        first = Edit.objects.latest("pk")
        naming.name_cluster(cluster, "Ben")

        later = Edit.objects.latest("pk")
        with pytest.raises(Overtaken, match=f"tidak dapat dibatalkan: .* dulu: {later.pk}"):
            undo(cluster.owner, first.pk, None)

    def test_are_more_photos_than_are_told(self) -> None:
        owner = make_owner()
        one, other = (make_cluster(owner=owner) for _ in range(2))
        for _ in range(7):
            photo = make_photo(owner=owner)
            for cluster in (one, other):
                make_face(photo=photo, cluster=cluster, x=10.0 * cluster.pk)

        with pytest.raises(TwiceInPhoto, match="dan 2 lainnya"):
            merging.merge(owner, one.public_id, [other.public_id])

    def test_is_what_can_not_be_done_with_models(self) -> None:
        with pytest.raises(ModelPinned, match="disematkan"):
            POLICY.check_free(ServedModel(name="a.b.1", pinned=True))
        with pytest.raises(FacesMustFollow, match="punya head"):
            heads.check_none("face_matcher")
        with pytest.raises(NothingBefore, match="Tidak ada head"):
            roles.roll_back_head("face_matcher")

    def test_is_what_can_not_be_asked_for(self) -> None:
        assert "3 foto Anda" in str(QueueFull(3, translation.gettext("photos")))
        with pytest.raises(OperationUnavailable, match="Tidak ada model"):
            operations.names_of(["ocr"], {})


def test_others_are_told_in_english() -> None:
    model = ServedModel(name="a.b.1", last_used_at=timezone.now())

    with pytest.raises(ModelInUse) as told:
        POLICY.check_free(model)

    assert str(told.value) == ("a.b.1 is in use, or was a moment ago: try again in 30 seconds.")
