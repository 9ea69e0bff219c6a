"""No page can be made to run what is not ours: of every answer, and of every page of staff."""

from collections.abc import Callable, Iterator
from contextlib import closing
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.config.rights import LOOKED_AT, MODELS, OPEN
from tests.config.test_doors import KINDS, MAKE, address, page_of

pytestmark = pytest.mark.django_db
POLICY = (
    "base-uri 'none'; connect-src 'self'; default-src 'none'; font-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; img-src 'self'; object-src 'none'; script-src 'self'; style-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), display-capture=(), geolocation=(), gyroscope=(), microphone=(), midi=(), "
        "payment=(), usb=()"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Inline(HTMLParser):
    """What a page has written into it that belongs into a file."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.found += [
            f"<{tag} {name}>" for name in values if name == "style" or name.startswith("on")
        ]
        self.found += [
            f"<{tag} {name}={value}>"
            for name, value in attrs
            if (value or "").strip().lower().startswith("javascript:")
        ]
        runs = tag == "script" and "json" not in (values.get("type") or "")
        self._within = tag if tag == "style" or (runs and "src" not in values) else ""

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within and data.strip():
            self.found.append(f"<{self._within}>")


def inline(html: str) -> list[str]:
    page = Inline()
    page.feed(html)
    return page.found


def policy_of(answer: Any) -> str:
    parts = answer.headers["Content-Security-Policy"].split("; ")
    return "; ".join(sorted(part.strip() for part in parts))


def headers_of(answer: Any) -> dict[str, str | None]:
    found = {name: answer.headers.get(name) for name in HEADERS}
    return {**found, "Content-Security-Policy": policy_of(answer)}


def pages_of(label: str, row: Model) -> Iterator[str]:
    yield address(label, "changelist")
    yield address(label, "add")
    for kind in KINDS[2:]:
        yield address(label, kind, row)


class TestPagesOfModels:
    @pytest.mark.parametrize("label", sorted(MODELS))
    def test_have_nothing_written_into_them(
        self, label: str, admin_client: Client, settings: Any
    ) -> None:
        settings.TRITON_URL = "127.0.0.1:9"
        make: Callable[[], Model] = MAKE[label]

        answers = {url: admin_client.get(url) for url in pages_of(label, make())}

        for url, answer in answers.items():
            assert (policy_of(answer), inline(answer.content.decode())) == (POLICY, []), url


class TestOtherPages:
    @pytest.mark.parametrize("name", sorted(LOOKED_AT))
    def test_have_nothing_written_into_them(
        self, name: str, admin_client: Client, settings: Any
    ) -> None:
        settings.TRITON_URL = "127.0.0.1:9"

        answer = admin_client.get(page_of(name))

        assert (policy_of(answer), inline(answer.content.decode())) == (POLICY, [])

    @pytest.mark.parametrize("name", sorted(OPEN - {"app_list", "autocomplete", "view_on_site"}))
    def test_have_none_where_everybody_may_go(self, name: str, admin_client: Client) -> None:
        answer = admin_client.get(reverse(f"admin:{name}"))

        assert policy_of(answer) == POLICY
        assert name == "jsi18n" or inline(answer.content.decode()) == []

    def test_have_none_of_the_door(self, client: Client) -> None:
        answer = client.get(reverse("admin:login"))

        assert (headers_of(answer), inline(answer.content.decode())) == (HEADERS, [])

    def test_of_the_api_have_pictures_in_their_style_sheet_alone(self, client: Client) -> None:
        page = client.get("/api/docs/")
        script = client.get("/api/docs/?script=")

        allowed = POLICY.replace("img-src 'self'", "img-src 'self' data:")
        assert (policy_of(page), inline(page.content.decode())) == (allowed, [])
        assert script.headers["Content-Type"] == "application/javascript"


class TestAnswers:
    @pytest.mark.parametrize(
        "url",
        ["/", "/api/v1/jobs", "/api/schema/", "/collections", "/health", "/media/1/a.jpg",
         "/nothing", "/static/kindred/mark.svg"],
    )  # fmt: skip
    def test_have_all_headers(self, url: str, admin_client: Client, settings: Any) -> None:
        settings.TRITON_URL = "127.0.0.1:9"

        with closing(admin_client.get(url)) as answer:  # a file may be in it
            assert headers_of(answer) == HEADERS


class TestInline:
    @pytest.mark.parametrize(
        ("html", "found"),
        [
            ('<p style="color: red">', ["<p style>"]),
            ("<svg onload='x()'></svg>", ["<svg onload>"]),
            ("<script>x()</script>", ["<script>"]),
            ("<style>p {}</style>", ["<style>"]),
            ('<a href=" JavaScript:x()">', ["<a href= JavaScript:x()>"]),
            ('<script src="a.js"></script><script type="application/json">{}</script>', []),
        ],
    )
    def test_is_seen(self, html: str, found: list[str]) -> None:
        assert inline(html) == found
