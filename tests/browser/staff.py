"""Staff in a browser: how they come in, and pictures of what they see there."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page

from tests.factories import make_user

PASSWORD = "correct horse"  # noqa: S105  # of the test's own user
CLUSTERS = "/admin/faces/cluster/"


def make_staff() -> User:
    """Who may do all, with a password."""
    return make_user(username="staff", password=PASSWORD, is_staff=True, is_superuser=True)


def log_in(page: Page, address: str, path: str = CLUSTERS) -> None:
    """Have `staff` logged in, without the page that asks for a password, and go to `path`."""
    client = Client()
    client.force_login(User.objects.get(username="staff"))
    name = settings.SESSION_COOKIE_NAME
    page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": address}])
    page.goto(f"{address}{path}")


def log_in_by_password(page: Page, address: str, path: str = CLUSTERS) -> None:
    page.goto(f"{address}/admin/login/?next={path}")
    page.get_by_label("Username").fill("staff")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def shoot(page: Page, name: str, *folders: Path) -> None:
    page.wait_for_load_state("networkidle")
    picture = page.screenshot(full_page=True)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(picture)
