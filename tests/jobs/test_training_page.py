"""The page of training runs, as staff see it, promote one, and go back."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.test import Client

from jobs.models import Item, Job, State
from jobs.roles import AUDITOR
from photos.models import Role, ServedModel
from tests.factories import make_item, make_job, make_user
from tests.search.findings import make_active

pytestmark = pytest.mark.django_db
TRAINING = "/admin/training/"
RUN, WORSE = "20261120T100000-abcdef", "20261119T100000-abcdef"
HEAD = "face_matcher.trained.1"


def figures(tar: float, auc: float = 0.9) -> dict[str, Any]:
    return {"tar": {"0.01": tar}, "auc": auc, "separation": 2.0}


def make_run(folder: Path, name: str = RUN, **values: Any) -> None:
    """A training with its report."""
    (folder / name).mkdir(parents=True)
    report = {
        "kept": True,
        "reason": "It is better.",
        "model_sha256": "a" * 64,
        "space": "face_embedder:packaged:1",
        "held_out": {"before": figures(0.7), "after": figures(0.8, auc=0.85)},
        "losses": [1.0, 0.5, 0.25],
        "counts": {
            "people_learnt": 7,
            "people_held_out": 3,
            "faces_learnt": 70,
            "faces_held_out": 30,
        },
    }
    (folder / name / "report.json").write_text(json.dumps(report | values))


def make_head(**values: Any) -> ServedModel:
    """The head in the repository; it is active."""
    weights = {"weights": [{"sha256": "a" * 64}]}
    defaults = {"role": "face_matcher", "pack": "trained", "version": 1, "space": "m:1"}
    head = ServedModel.objects.create(
        name=HEAD, memory_bytes=1, manifest=weights, **defaults | values
    )
    Role.objects.create(name="face_matcher", active=head)
    return head


@pytest.fixture
def folder(settings: Any) -> Path:
    root: Path = settings.TRAININGS_ROOT
    return root


def told(client: Client, url: str, **sent: Any) -> list[str]:
    """What staff are told after they have said yes."""
    response = client.post(f"{TRAINING}{url}/", sent, follow=True)
    return [str(message) for message in response.context["messages"]]


class TestPage:
    def test_shows_what_each_run_is_compared_with(self, admin_client: Client, folder: Path) -> None:
        make_run(folder)

        page = " ".join(admin_client.get(TRAINING).content.decode().split())

        rows = re.findall(r'<td class="number">(\d\.\d+)</td>', page)
        assert rows == ["0.7000", "0.8000", "0.9000", "0.8500", "2.0000", "2.0000"]
        assert "Before: the vectors of face_embedder:packaged:1, without a head." in page
        assert "Learnt from 7 people (70 faces); held out were 3 (30 faces)." in page

    def test_draws_the_measures_and_the_loss(self, admin_client: Client, folder: Path) -> None:
        make_run(folder)

        page = admin_client.get(TRAINING).content.decode()

        assert re.findall(r'class="before" width="(\d+)"', page) == ["70", "90"]
        assert re.findall(r'class="(\w+)" y="5" width="(\d+)"', page) == [
            ("good", "80"),
            ("bad", "85"),
        ]
        assert 'points="0,0 150,50 300,75"' in page
        assert 'aria-label="Loss by epoch: from 1.0000 to 0.2500 in 3 epochs"' in page

    def test_marks_the_head_that_is_active(self, admin_client: Client, folder: Path) -> None:
        make_head()
        make_run(folder)
        make_run(folder, WORSE, kept=False, model_sha256="b" * 64)

        page = admin_client.get(TRAINING).content.decode()

        assert f"Faces are compared by <b>{HEAD}</b>." in page
        assert page.count('<span class="pill succeeded">active</span>') == 1
        assert "Promote" not in page

    def test_shows_trainings_that_run_or_have_failed(self, admin_client: Client) -> None:
        running, failed = (make_job(kind=Job.Kind.TRAIN) for _ in range(2))
        make_item(job=running, outcome={"epoch": {"epoch": 7, "epochs": 20}})
        error = {"error_code": "too_few_people", "error_detail": "Only <b>1</b> has 5 faces."}
        make_item(job=failed, state=State.FAILED, **error)
        make_item(external_id="no training")

        page = admin_client.get(TRAINING).content.decode()

        assert "7 of 20" in page
        assert "Only &lt;b&gt;1&lt;/b&gt; has 5 faces." in page
        assert "no training" not in page

    @pytest.mark.parametrize("report", ["{", '{"kept": true}', "[]", '{"losses": ["x"]}'])
    def test_tells_of_a_damaged_report_and_shows_the_others(
        self, admin_client: Client, folder: Path, report: str
    ) -> None:
        make_run(folder)
        make_run(folder, WORSE)
        before = json.loads((folder / RUN / "report.json").read_text())
        damaged = json.dumps(before | json.loads(report)) if "losses" in report else report
        (folder / RUN / "report.json").write_text(damaged)

        response = admin_client.get(TRAINING)

        assert [each.matcher.id for each in response.context["runs"]] == [WORSE]
        assert f"{RUN}: the report of this training is damaged." in response.content.decode()
        assert admin_client.get(f"{TRAINING}{RUN}/promote/").status_code == 404

    def test_is_fine_with_nothing_to_show(self, admin_client: Client) -> None:
        page = admin_client.get(TRAINING).content.decode()

        assert "Faces are compared by the embedder alone." in page
        assert "No head was trained here yet." in page

    @pytest.mark.parametrize("rows", [1, 3])
    def test_costs_the_same_however_many(
        self, admin_client: Client, folder: Path, django_assert_num_queries: Any, rows: int
    ) -> None:
        for number in range(rows):
            make_run(folder, f"2026112{number}T100000-abcdef")
            make_item(job=make_job(kind=Job.Kind.TRAIN))

        with django_assert_num_queries(5):
            response = admin_client.get(TRAINING)

        assert len(response.context["runs"]) == rows

    def test_has_nothing_inline(self, admin_client: Client, folder: Path) -> None:
        make_run(folder, reason="<script>alert(1)</script>")

        page = admin_client.get(TRAINING).content.decode()

        assert not re.search(r"<script>|<style|\sstyle=|\son[a-z]+=", page)

    def test_offers_nothing_to_those_who_may_only_look(self, client: Client, folder: Path) -> None:
        make_head()
        make_run(folder, model_sha256="b" * 64)
        auditor = make_user(is_staff=True)
        auditor.groups.add(Group.objects.get(name=AUDITOR))
        client.force_login(auditor)

        page = client.get(TRAINING).content.decode()

        assert RUN in page
        assert not re.search(r"/admin/training/[^\"]+", page)


class TestPromote:
    def test_asks_and_then_has_it_done(
        self, admin_client: Client, admin_user: User, folder: Path
    ) -> None:
        make_run(folder)

        asked = admin_client.get(f"{TRAINING}{RUN}/promote/")
        before = Job.objects.exists()
        [said] = told(admin_client, f"{RUN}/promote", reason="It is better.")

        job, entry = Job.objects.get(), LogEntry.objects.get()
        assert (asked.status_code, before) == (200, False)
        assert (job.kind, job.arguments) == ("train", {"matcher": RUN, "by": admin_user.pk})
        assert said == f"Faces will be compared by {RUN}: job {str(job.pk)[:8]}."
        assert (entry.user, entry.object_id) == (admin_user, str(job.pk))
        assert entry.change_message.endswith("Reason: It is better.")

    def test_of_what_was_not_kept_is_refused(self, admin_client: Client, folder: Path) -> None:
        make_run(folder, kept=False, reason="It is worse.")

        said = told(admin_client, f"{RUN}/promote")

        assert said == [f"The head {RUN} is not used. It is worse."]
        assert not Item.objects.exists()

    @pytest.mark.parametrize("name", [WORSE, "..", "%2e%2e%2fsecret", "<script>"])
    def test_of_none_is_not_there(self, admin_client: Client, folder: Path, name: str) -> None:
        make_run(folder)

        answers = [
            ask(f"{TRAINING}{name}/promote/") for ask in (admin_client.get, admin_client.post)
        ]

        assert [each.status_code for each in answers] == [404, 404]


class TestRollBack:
    def test_asks_and_then_goes_back(self, admin_client: Client, admin_user: User) -> None:
        make_active("face_detector", "face_embedder")
        head = make_head()

        asked = admin_client.get(f"{TRAINING}rollback/").content.decode()
        said = told(admin_client, "rollback", reason="It mixes up twins.")

        entry = LogEntry.objects.get()
        assert f"Now: <b>{HEAD}</b>." in asked
        assert said == ["Faces are compared by the embedder alone; 0 photo(s) are looked at again."]
        assert not Role.objects.filter(name="face_matcher").exists()
        assert (entry.user, entry.object_id) == (admin_user, str(head.pk))
        assert entry.change_message == "Rolled back. Reason: It mixes up twins."

    def test_done_twice_says_that_there_is_nothing(self, admin_client: Client) -> None:
        said = told(admin_client, "rollback")

        assert said == ["No head is active: there is nothing to go back from."]
        assert not LogEntry.objects.exists()


class TestBegin:
    def test_asks_how_and_then_has_it_done(
        self, admin_client: Client, admin_user: User, settings: Any
    ) -> None:
        settings.TRAINER_PYTHON = Path("/bin/sh")
        sent = {"epochs": 9, "margin": 0.3, "min_faces": 4}

        asked = admin_client.get(f"{TRAINING}begin/").context["form"]
        [said] = told(admin_client, "begin", **sent)

        job = Job.objects.get()
        assert asked["epochs"].value() == settings.FACE_TRAINING_EPOCHS
        assert job.arguments == {**sent, "activate": False, "by": admin_user.pk}
        assert said == f"A head will be trained: job {str(job.pk)[:8]}."

    def test_refuses_numbers_that_make_no_sense(self, admin_client: Client) -> None:
        sent = {"epochs": 0, "margin": "far", "min_faces": 1}

        page = admin_client.post(f"{TRAINING}begin/", sent)

        assert list(page.context["form"].errors) == ["epochs", "margin", "min_faces"]
        assert not Job.objects.exists()

    def test_says_that_nothing_here_can_train(
        self, admin_client: Client, settings: Any, tmp_path: Path
    ) -> None:
        settings.TRAINER_PYTHON = tmp_path / "none"

        [said] = told(admin_client, "begin", epochs=9, margin=0.3, min_faces=4)

        assert said.startswith("The environment that trains is not installed")
        assert not Job.objects.exists()
