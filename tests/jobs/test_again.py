"""Operations that are done on a photo once more."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client

from inference.geometry import Box
from inference.objects import SeenObject
from jobs import again
from jobs.errors import OperationUnavailable, QueueFull
from jobs.models import Item, Job
from jobs.pipeline import Parts, work
from photos.models import Photo
from photos.operations import CAPTION, EMBEDDING, FACES, OBJECTS, OCR
from photos.services import Content
from search.models import ImageVector
from search.services import EmbedPhoto, FindObjects
from tests.factories import make_photo, unit
from tests.fakes import FakeEncoder, FakeObjects, decoded_here, operations
from tests.pictures import jpeg
from tests.search.factories import make_image_vector
from tests.search.findings import make_active, make_analysis, make_object

pytestmark = pytest.mark.django_db
RECIPES = {FACES: "detector.1+embedder.1", OBJECTS: "objects.2", OCR: "reader.1"}


@pytest.fixture
def photo() -> Photo:
    """On which faces and objects were looked for; the latter by older models too."""
    photo = make_photo()
    for operation in (FACES, OBJECTS):
        make_analysis(photo=photo, operation=operation, recipe=RECIPES[operation])
    make_analysis(photo=photo, operation=OBJECTS, recipe="objects.1")
    return photo


def done(photo: Photo) -> set[tuple[str, str]]:
    return set(photo.analyses.values_list("operation", "recipe"))


class TestRunningAgain:
    def test_has_a_worker_read_the_original(self, photo: Photo, admin_user: User) -> None:
        [job] = again.run(photo, [OCR, OBJECTS], RECIPES, by=admin_user)

        item = Item.objects.get()
        assert (job.owner, job.operations) == (photo.owner, [OBJECTS, OCR])
        assert (item.job, item.source, item.location) == (job, "kept", str(photo.original))

    def test_forgets_that_it_was_done_and_nothing_that_was_found(
        self, photo: Photo, admin_user: User
    ) -> None:
        make_object(photo=photo, recipe=RECIPES[OBJECTS])

        again.run(photo, [OBJECTS], RECIPES, by=admin_user)

        assert done(photo) == {(FACES, RECIPES[FACES]), (OBJECTS, "objects.1")}
        assert photo.objects_seen.count() == 1

    def test_has_known_faces_found_again_in_a_way_that_keeps_names(
        self, photo: Photo, admin_user: User
    ) -> None:
        faces, others = again.run(photo, [FACES, OCR], RECIPES, by=admin_user)

        assert (faces.kind, others.kind) == (Job.Kind.REDETECT, Job.Kind.PHOTOS)
        assert faces.arguments == {"photos": [photo.pk], "dry_run": False, "by": admin_user.pk}
        assert others.operations == [OCR]
        assert (FACES, RECIPES[FACES]) in done(photo)

    def test_has_faces_found_like_all_else_where_nobody_looked(self, admin_user: User) -> None:
        [job] = again.run(make_photo(), [FACES, OCR], RECIPES, by=admin_user)

        assert (job.kind, job.operations) == (Job.Kind.PHOTOS, [FACES, OCR])

    def test_of_nothing_is_nothing(self, photo: Photo, admin_user: User) -> None:
        assert again.run(photo, [], RECIPES, by=admin_user) == []
        assert Job.objects.count() == 0

    def test_asks_for_nothing_where_one_of_them_can_not_be_done(
        self, photo: Photo, admin_user: User
    ) -> None:
        before = done(photo)

        with pytest.raises(OperationUnavailable, match="'caption'"):
            again.run(photo, [OBJECTS, CAPTION], RECIPES, by=admin_user)

        assert (Job.objects.count(), done(photo)) == (0, before)

    def test_asks_for_nothing_while_the_queue_is_full(
        self, photo: Photo, admin_user: User, settings: Any
    ) -> None:
        before = done(photo)
        settings.QUEUE_LIMIT = 0

        with pytest.raises(QueueFull):
            again.run(photo, [FACES, OBJECTS], RECIPES, by=admin_user)

        assert (Job.objects.count(), done(photo)) == (0, before)


@pytest.mark.django_db(transaction=True)  # a thread looks at the photo
class TestAWorker:
    def test_puts_what_it_finds_in_the_place_of_what_was_found(self, admin_user: User) -> None:
        data = jpeg()
        photo = make_photo(sha256=Content.of(data).sha256)
        default_storage.save(str(photo.original), ContentFile(data))
        make_analysis(photo=photo, operation=OBJECTS, recipe=RECIPES[OBJECTS])
        make_object(photo=photo, recipe=RECIPES[OBJECTS], label="dog")
        make_object(photo=photo, recipe="objects.1", label="horse")
        find = FindObjects(FakeObjects([SeenObject("cat", Box(1, 2, 3, 4), 0.9)]), RECIPES[OBJECTS])

        again.run(photo, [OBJECTS], RECIPES, by=admin_user)
        [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
        with ThreadPoolExecutor(1) as looks:
            work(item, Parts(_nothing, decoded_here, operations(find), looks, 10**6))

        assert set(photo.objects_seen.values_list("label", flat=True)) == {"cat", "horse"}
        assert (OBJECTS, RECIPES[OBJECTS]) in done(photo)
        item.refresh_from_db()
        assert (item.state, item.photo) == ("succeeded", photo)

    def test_sees_anew_what_the_whole_photo_looks_like(self, admin_user: User) -> None:
        data = jpeg()
        photo = make_photo(sha256=Content.of(data).sha256)
        default_storage.save(str(photo.original), ContentFile(data))
        make_analysis(photo=photo, operation=EMBEDDING, recipe="image.1")
        encoder, before = FakeEncoder(unit(1)), unit(0, 1)
        make_image_vector(photo, before, encoder.identity)
        embed = EmbedPhoto(encoder, "image.1")

        again.run(photo, [EMBEDDING], {EMBEDDING: "image.1"}, by=admin_user)
        assert list(ImageVector.objects.get().vector) == before.tolist()
        [item] = Item.objects.claim(worker="anna", limit=1, lease_s=60)
        with ThreadPoolExecutor(1) as looks:
            work(item, Parts(_nothing, decoded_here, operations(embed), looks, 10**6))

        assert list(ImageVector.objects.get().vector) == encoder.vector.tolist()
        assert done(photo) == {(EMBEDDING, "image.1")}


def _nothing(url: str) -> bytes:
    raise AssertionError(f"{url} was fetched")


class TestOnThePageOfAPhoto:
    @pytest.fixture(autouse=True)
    def models(self) -> None:
        make_active("object_detector")

    def again(self, client: Client, photo: Photo, *operations: str) -> Any:
        address = f"/admin/photos/photo/{photo.pk}/again/"
        return client.post(address, {"operation": operations}, follow=True)

    def test_enqueues_a_job_and_links_to_it(
        self, admin_client: Client, admin_user: User, photo: Photo
    ) -> None:
        page = self.again(admin_client, photo, OBJECTS).content.decode()

        job = Job.objects.get()
        assert (job.owner, job.operations) == (photo.owner, [OBJECTS])
        assert f'<a href="/admin/jobs/job/{job.pk}/change/">{str(job.pk)[:8]}</a>' in page
        entry = LogEntry.objects.get()
        assert (entry.user, entry.get_change_message()) == (
            admin_user, "Asked for objects again.",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("operations", "trouble"),
        [
            ([], "Choose what is to be done again: nothing is chosen."),
            (["ocr"], "No model here does 'ocr'."),
            (["<script>"], "No model here does '<script>'."),
        ],
    )
    def test_tells_what_can_not_be(
        self, admin_client: Client, photo: Photo, operations: list[str], trouble: str
    ) -> None:
        answer = self.again(admin_client, photo, *operations)

        assert [str(each) for each in answer.context["messages"]] == [trouble]
        assert (Job.objects.count(), LogEntry.objects.count()) == (0, 0)
