"""Pages of the documentation, run from top to bottom: real database, real models, real photos."""

import shutil
import string
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from faces.models import Cluster, Edit, Person
from faces.people import naming
from jobs.models import Job, Webhook
from local.processes import wait_until
from local.stack import CHECKOUT
from photos.models import Owner, Photo
from tests.database import database_url
from tests.docs.snippets import run
from tests.factories import make_key, make_person
from tests.jobs.receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = CHECKOUT / "docs/clients.md"
README = CHECKOUT / "README.md"
README_OF_CLIENT = CHECKOUT / "clients/python/README.md"
GRPC = CHECKOUT / "docs/grpc.md"
PARTY = "obama3.jpg"
PATIENCE_S = 30
SECRET_KEY = "not a secret, but " + string.ascii_letters


@pytest.mark.usefixtures("library")
class TestThePageOfClients:
    def test_does_what_it_says(
        self, folder: Path, places: dict[str, str], receiver: Receiver
    ) -> None:
        database = {"DATABASE_URL": database_url(), "SECRET_KEY": SECRET_KEY}

        written = run(PAGE, folder, database, places)
        wait_until(lambda: len(receiver.told) == 2, timeout_s=PATIENCE_S, what="The webhook")

        said = dict(written)
        assert len(said) == len(written) == 15
        group = Cluster.objects.get().public_id
        sent = [text for name, text in written if name.startswith("Send a photo")]
        assert [group in each for each in sent] == [True] * 3
        assert (folder / "party-marked.jpg").read_bytes().startswith(b"\xff\xd8\xff")
        assert Person.objects.get().name == "Anna"
        assert Edit.objects.filter(kind=Edit.Kind.UNDO).count() == 1
        assert "{'count': 3, 'is_exact': True}" in said["Search, bash"]
        assert said["Search, python"].count("['Anna']") == Photo.objects.count() == 3
        told = ["job.created []", "photo.completed ['Anna']", "job.completed []"]
        assert said["Be told when it is done, python"].splitlines()[:3] == told
        assert "event: job.completed" in said["Be told when it is done, bash"]
        streamed = said["Be told when it is done, python, gRPC"].splitlines()
        assert sorted(streamed) == ["party-0 1", "party-1 fetch_status"]
        verifier = Verifier(str(Webhook.objects.get().secret))
        events = [verifier.verify(each.body, each.headers)["type"] for each in receiver.told]
        assert sorted(events) == ["job.completed", "webhook.ping"]
        first, second = said["When something goes wrong, bash"].split()
        assert first == second
        assert said["When something goes wrong, python"].startswith("invalid_url 422 ")


class TestOtherPages:
    def test_the_readme_of_the_client_does_what_it_says(
        self, reader: Owner, folder: Path, places: dict[str, str]
    ) -> None:
        _, key = make_key(user=reader.user)

        [(_, said)] = run(README_OF_CLIENT, folder, {"KINDRED_KEY": key}, places)

        assert said.count("'width'") == 1

    def test_the_page_of_grpc_does_what_it_says(
        self, reader: Owner, folder: Path, places: dict[str, str]
    ) -> None:
        _, key = make_key(user=reader.user)
        shutil.copytree(CHECKOUT / "proto", folder / "proto")
        there = {"https://photos.example/shot-17.jpg": "https://photos.example/party.jpg"}

        [(_, said)] = run(GRPC, folder, {"KINDRED_KEY": key}, there | places)

        assert "left: " in said
        assert "/media/signed/" in said

    @pytest.mark.usefixtures("library")
    def test_the_readme_does_what_it_says(
        self, reader: Owner, folder: Path, places: dict[str, str]
    ) -> None:
        naming.change(make_person(owner=reader, name="Ana"), name="Anne", by=reader.user)
        variables = {
            "KEY": make_key(user=reader.user)[1],
            "JOB": str(Job.objects.filter(kind=Job.Kind.PHOTOS).latest("created_at").pk),
            "CLUSTER": Cluster.objects.get().public_id,
            "EDIT": str(Edit.objects.latest("pk").pk),
        }
        there = {"https://example.org/a.jpg": "https://photos.example/party.jpg"}

        (_, asked), (_, named) = run(README, folder, variables, there | places)

        assert asked.count("event: job.completed") == 1
        assert variables["CLUSTER"] in asked
        assert '"Anna"' in named
        assert set(Person.objects.values_list("name", flat=True)) == {"Ana", "Anna"}
