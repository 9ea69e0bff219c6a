"""Every page, button and action of staff, as each group finds it: open or closed."""

import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse
from django_q.models import Failure, OrmQ, Schedule, Success

from config.models import AuditEntry, Retention
from faces.models import Edit, Erasure
from faces.people import naming
from jobs.models import Removal
from jobs.roles import AUDITOR, OPERATOR, REVIEWER
from photos.models import Photo, ServedModel
from search.looks import RECIPE
from search.models import AskedSearch, DifferentPhotos, PhotoLook, SavedSearch, Unembedded
from tests.config.rights import ACTIONS, LOOKED_AT, MODELS, OPEN, PRESSED
from tests.factories import (
    make_cluster,
    make_delivery,
    make_face,
    make_item,
    make_job,
    make_key,
    make_owner,
    make_person,
    make_photo,
    make_remote_worker,
    make_space,
    make_storage_source,
    make_user,
    make_webhook,
)
from tests.search.findings import make_caption, make_line, make_object, make_tag

pytestmark = pytest.mark.django_db
GROUPS = {"R": REVIEWER, "O": OPERATOR, "A": AUDITOR}
NOBODY = ""  # on the staff, in no group
KINDS = ("changelist", "add", "change", "delete", "history")


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


def member(letter: str) -> User:
    user = make_user(is_staff=True)
    if letter:
        user.groups.add(Group.objects.get(name=GROUPS[letter]))
    return user


@pytest.fixture
def clients() -> Mapping[str, Client]:
    """One that is logged in for each group, and for staff in none."""
    found = {letter: Client() for letter in (*GROUPS, NOBODY)}
    for letter, client in found.items():
        client.force_login(member(letter))
    return found


def make_edit() -> Edit:
    naming.name_cluster(make_cluster(faces=1), "Anna")
    return Edit.objects.get()


def make_different() -> DifferentPhotos:
    owner = make_owner()
    first, second = (make_photo(owner=owner) for _ in range(2))
    return DifferentPhotos.objects.create(owner=owner, first=first, second=second)


def make_copies() -> Photo:
    """The best photo of a group, which has another one."""
    owner = make_owner()
    first, second = (make_photo(owner=owner) for _ in range(2))
    for photo in (first, second):
        PhotoLook.objects.create(
            photo=photo, owner=owner, recipe=RECIPE, hash=bytes(32), leader=first, distance=0
        )
    return first


def make_model() -> ServedModel:
    return ServedModel.objects.create(
        name="tagger.a.1", role="tagger", pack="a", version=1, space="tagger:a:1", memory_bytes=1
    )


def make_unembedded() -> Unembedded:
    photo = make_photo()
    return Unembedded.objects.create(
        photo=photo, owner=photo.owner, space=make_space(role="image_encoder"), code="not_an_image"
    )


def make_audit_entry() -> AuditEntry:
    return AuditEntry.objects.create(credential="kkey_one", act="1", path="/", status=200)


def make_log_entry() -> LogEntry:
    return LogEntry.objects.create(user=make_user(), action_flag=2, object_repr="Anna")


def make_task(*, success: bool) -> Any:
    table = Success if success else Failure
    times = {"started": "2026-01-01T00:00Z", "stopped": "2026-01-01T00:00Z"}
    return table.objects.create(id=uuid.uuid4().hex, name="one", func="f", success=success, **times)


MAKE: Mapping[str, Callable[[], Model]] = {
    "admin.logentry": make_log_entry,
    "config.auditentry": make_audit_entry,
    "auth.group": lambda: Group.objects.get(name=REVIEWER),
    "auth.user": make_user,
    "config.apikey": lambda: make_key()[0],
    "django_q.failure": lambda: make_task(success=False),
    "django_q.ormq": lambda: OrmQ.objects.create(key="kindred", payload="x"),
    "django_q.schedule": lambda: Schedule.objects.create(func="f"),
    "django_q.success": lambda: make_task(success=True),
    "faces.cluster": lambda: make_cluster(faces=1),
    "faces.edit": make_edit,
    "config.retention": lambda: Retention.objects.create(owner=make_owner(), photos=30),
    "jobs.removal": lambda: Removal.objects.create(
        owner=make_owner(), why=Removal.Why.ASKED, photos=[[1, "a" * 64]]
    ),
    "faces.erasure": lambda: Erasure.objects.create(owner=make_owner(), person=1),
    "faces.face": make_face,
    "faces.person": make_person,
    "jobs.delivery": make_delivery,
    "jobs.item": make_item,
    "jobs.job": make_job,
    "jobs.remoteworker": make_remote_worker,
    "jobs.storagesource": make_storage_source,
    "jobs.webhook": make_webhook,
    "jobs.workertoken": lambda: make_remote_worker().token,
    "photos.owner": make_owner,
    "photos.photo": make_photo,
    "photos.servedmodel": make_model,
    "photos.space": make_space,
    "search.askedsearch": lambda: AskedSearch.objects.create(
        owner=make_owner(), parts=[], filters=[], word_count=1, found=1, took_ms=1
    ),
    "search.caption": make_caption,
    "search.detectedobject": make_object,
    "search.differentphotos": make_different,
    "search.nearduplicates": make_copies,
    "search.phototag": make_tag,
    "search.savedsearch": lambda: SavedSearch.objects.create(
        owner=make_owner(), name="a", asked={"q": "a"}
    ),
    "search.textline": make_line,
    "search.unembedded": make_unembedded,
}


def names_of(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from names_of(each.url_patterns)
        elif each.name:
            yield each.name


def pages_of_staff() -> set[str]:
    """The names of all addresses below /admin/, but for those of the API."""
    found: list[URLPattern | URLResolver] = [
        each
        for each in get_resolver().url_patterns
        if isinstance(each, URLResolver) and str(each.pattern).startswith("admin/")
    ]
    return set(names_of(found))


def standard() -> set[str]:
    """Those that Django's admin has for each model."""
    return {f"{label.replace('.', '_')}_{kind}" for label in MODELS for kind in KINDS}


def opened(clients: Mapping[str, Client], ask: Callable[[Client], Any]) -> str:
    """The letters of those whom a page is not closed to. Closed is 403, and nothing else."""
    return "".join(letter for letter, client in clients.items() if ask(client).status_code != 403)


def page_of(name: str, rows: Mapping[str, Callable[[], Model]] = MAKE) -> str:
    """The address of a page that is not of Django's own kinds, of a row where it has one."""
    for label, row in rows.items():
        if name.startswith(f"{label.replace('.', '_')}_"):
            try:
                return reverse(f"admin:{name}")
            except NoReverseMatch:
                return reverse(f"admin:{name}", args=[row().pk])
    return reverse(name, args=["20260101T000000-abcdef"] if name == "training-promote" else [])


def address(label: str, kind: str, row: Model | None = None) -> str:
    args = [row.pk] if row else []
    return reverse(f"admin:{label.replace('.', '_')}_{kind}", args=args)


class TestTable:
    def test_has_every_address(self) -> None:
        assert pages_of_staff() == standard() | {*LOOKED_AT} | {*PRESSED} | OPEN

    def test_has_every_model_and_every_action(self) -> None:
        registered = {model._meta.label_lower: page for model, page in admin.site._registry.items()}  # noqa: SLF001  # the tables of tests
        request = RequestFactory().get("/")
        request.user = make_user(is_staff=True, is_superuser=True)

        assert {*registered} == {*MODELS} == {*MAKE}
        for label, page in registered.items():
            said = {name for names in ACTIONS.get(label, {}).values() for name in names.split()}
            unused = {"delete_selected"} if label in WITHOUT_DELETING else set()
            assert {*page.get_actions(request)} - unused == said, label


WITHOUT_DELETING = {  # a superuser alone may delete rows of these
    "auth.group", "auth.user", "django_q.ormq", "django_q.schedule",
}  # fmt: skip


@pytest.mark.parametrize("label", sorted(MODELS))
class TestModel:
    def test_is_shown_to_those_who_may_look(
        self, label: str, clients: Mapping[str, Client]
    ) -> None:
        row, may = MAKE[label](), MODELS[label]

        lists = opened(clients, lambda client: client.get(address(label, "changelist")))
        rows = opened(clients, lambda client: client.get(address(label, "change", row)))
        histories = opened(clients, lambda client: client.get(address(label, "history", row)))

        assert (lists, rows, histories) == (may.view,) * 3

    def test_is_changed_by_those_who_may(self, label: str, clients: Mapping[str, Client]) -> None:
        row, may = MAKE[label](), MODELS[label]

        added = opened(clients, lambda client: client.get(address(label, "add")))
        changed = opened(clients, lambda client: client.post(address(label, "change", row), {}))
        deleted = opened(clients, lambda client: client.get(address(label, "delete", row)))

        assert (added, changed, deleted) == (may.add, may.change, may.delete)

    def test_offers_its_actions_to_those_who_may(self, label: str) -> None:
        page = admin.site.get_model_admin(apps.get_model(label))
        offered = {}
        for letter in (*GROUPS, NOBODY):
            request = RequestFactory().get("/")
            request.user = member(letter)
            offered[letter] = " ".join(page.get_actions(request))

        said = ACTIONS.get(label, {})
        assert {letter: {*names.split()} for letter, names in offered.items()} == {
            letter: {*said.get(letter, "").split()} for letter in offered
        }


class TestPages:
    @pytest.mark.parametrize("name", sorted(LOOKED_AT))
    def test_are_shown_to_those_who_may_look(
        self, name: str, clients: Mapping[str, Client]
    ) -> None:
        url = page_of(name)

        assert opened(clients, lambda client: client.get(url)) == LOOKED_AT[name]

    @pytest.mark.parametrize("name", sorted(PRESSED))
    def test_have_buttons_for_those_who_may_press_them(
        self, name: str, clients: Mapping[str, Client]
    ) -> None:
        url = page_of(name)

        assert opened(clients, lambda client: client.post(url, {})) == PRESSED[name]

    @pytest.mark.parametrize("name", sorted({*LOOKED_AT, *PRESSED}))
    def test_send_whoever_is_not_logged_in_to_the_door(self, name: str) -> None:
        url = page_of(name)

        answers = [Client().get(url), Client().post(url)]

        assert {each.status_code for each in answers} == {302}
        assert {each["Location"] for each in answers} == {f"/admin/login/?next={quote(url)}"}
