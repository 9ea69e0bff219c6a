"""What logs say at DEBUG of a photo on its way through the service: nothing of anybody."""

import logging
from typing import Any

import pytest
from rest_framework.test import APIClient

from photos.errors import PhotoError
from photos.fetch import FetchPolicy, fetch
from photos.models import Owner
from tests.factories import make_cluster, make_key
from tests.photos.web import Server, answer
from tests.pictures import jpeg

pytestmark = pytest.mark.django_db
NAME, SIGNATURE, CONTACT = "Zaphod Beeblebrox", "s3cr3t-signature", "contact-4711"
LOUD = ["config", "faces", "inference", "jobs", "photos", "search", "django.request", "PIL"]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in LOUD:
        caplog.set_level(logging.DEBUG, name)
    return caplog


class TestDebugLogs:
    def test_tell_nothing_of_a_photo(
        self, log: pytest.LogCaptureFixture, owner: Owner, settings: Any
    ) -> None:
        settings.TRITON_URL = "127.0.0.1:9"
        cluster = make_cluster(owner=owner, faces=1)
        key, secret = make_key(user=owner.user)
        client = APIClient()
        client.credentials(HTTP_X_API_KEY=secret)
        url = f"http://93.184.215.14/a.jpg?X-Amz-Signature={SIGNATURE}"

        client.post("/api/v1/process/image/", {"url": url}, HTTP_PREFER="respond-async")
        client.post(f"/api/v1/faces/clusters/{cluster.public_id}/label/", {"name": NAME})
        client.get("/api/v1/people/", {"name": NAME, "contact_id": CONTACT})
        client.get("/api/v1/search/", {"q": NAME})
        client.get(f"/api/v1/nothing/?{SIGNATURE}")

        said = f"{log.text} {[repr(each.args) for each in log.records]}"
        for each in (NAME, SIGNATURE, CONTACT, secret, key.digest):
            assert each not in said

    def test_tell_no_signature_of_what_is_fetched(self, log: pytest.LogCaptureFixture) -> None:
        with Server(lambda path: answer(jpeg())) as server:
            policy = FetchPolicy(100_000, 5, allowed_hosts=frozenset({"127.0.0.1"}))
            assert fetch(server.url(f"/a.jpg?token={SIGNATURE}"), policy)
            with pytest.raises(PhotoError):
                fetch(f"http://127.0.0.1:1/?token={SIGNATURE}", policy)

        ours = [each for each in log.records if not each.name.startswith("httpcore")]  # see logs.py
        assert not any(SIGNATURE in each.getMessage() for each in ours)
