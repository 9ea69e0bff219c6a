"""Every page of staff, read for words that nobody can translate."""

from typing import Any

import pytest
from django.test import Client
from django.utils.translation import trans_real
from django.utils.translation.trans_real import CONTEXT_SEPARATOR

from tests.config.rights import LOOKED_AT, MODELS
from tests.config.speaking import CLOSE, OPEN, numbers, untranslated
from tests.config.test_doors import MAKE, address, page_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db
DATA = {"faces_cluster_names", "search-page-suggest"}  # for scripts, not for people
PAGES = ("changelist", "add", "change", "delete", "history")
KEPT = {
    # Names of ours, of languages, formats and units.
    "English", "Kindred", "ID", "MP", "SHA", "en", "https", "id", "kindred",
    # What factories call people, photos, rows and tasks; and what is found in photos.
    "Anna", "Padang", "Person", "Two", "Warung", "a" * 32, "ani", "beach", "cat", "cats", "one",
    "pantai",
    # Codes that programs know: groups, operations, kinds of events, roles, scopes.
    "auditor", "caption", "describe", "embedding", "faces", "job.cancelled", "job.completed",
    "job.failed", "objects", "ocr", "operator", "people", "photos", "read", "reviewer", "tagger",
    "tags", "template", "write",
    # What Django and django-q2 say in no language but English: signs, classes, an alt.
    "BadSignature", "False", "None", "OrmQ", "Search", "True", "object",
}  # fmt: skip
ROWS = {  # of the database, in an edit's page: as the API calls their columns
    "aliases", "cluster", "contact_id", "cover", "created_at", "favourite", "hidden", "ignored",
    "name", "person", "unrecognised",
}  # fmt: skip
RIGHTS = ("auth.group", "auth.user")  # their pages list rights, which are rows of the database


@pytest.fixture(autouse=True)
def _no_server(settings: Any) -> None:
    settings.TRITON_URL = "127.0.0.1:9"


@pytest.fixture
def marking(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is translated is shown in brackets."""

    def ngettext(_self: Any, one: str, more: str, count: int) -> str:
        return _marked(one if count == 1 else more)

    translation = trans_real.DjangoTranslation
    monkeypatch.setattr(translation, "gettext", lambda _self, words: _marked(words))
    monkeypatch.setattr(translation, "ngettext", ngettext)


def _marked(words: str) -> str:
    """Without the context that tells translators of two meanings."""
    return f"{OPEN}{words.rpartition(CONTEXT_SEPARATOR)[2]}{CLOSE}"


@pytest.fixture
def staff() -> Client:
    client = Client(headers={"Accept-Language": "id"})
    client.force_login(make_user(username="ani", is_staff=True, is_superuser=True))
    return client


def pages_of(label: str) -> list[str]:
    row = MAKE[label]()
    return [address(label, kind, None if kind in PAGES[:2] else row) for kind in PAGES]


def shown(client: Client, url: str) -> str:
    """Of a page that there is."""
    answer = client.get(url, follow=True)
    return answer.content.decode() if answer.status_code == 200 else ""


@pytest.mark.usefixtures("marking")
class TestWords:
    @pytest.mark.parametrize("label", sorted({*MODELS} - {*RIGHTS}))
    def test_of_a_model_can_be_translated(self, label: str, staff: Client) -> None:
        kept = KEPT | ROWS if label == "faces.edit" else KEPT

        left = {url: untranslated(shown(staff, url)) - kept for url in pages_of(label)}

        assert not {url: words for url, words in left.items() if words}

    @pytest.mark.parametrize("name", sorted({*LOOKED_AT} - DATA))
    def test_of_other_pages_can_be_translated(self, name: str, staff: Client) -> None:
        assert untranslated(shown(staff, page_of(name))) - KEPT == set()

    def test_of_the_first_page_can_be_translated(self, staff: Client) -> None:
        assert untranslated(shown(staff, "/admin/")) - KEPT == set()


class TestDrawings:
    @pytest.mark.parametrize("label", sorted(MODELS))
    def test_have_numbers_that_browsers_read(self, label: str, staff: Client) -> None:
        drawn = [number for url in pages_of(label) for number in numbers(shown(staff, url))]

        assert [number for number in drawn if "," in number] == []
