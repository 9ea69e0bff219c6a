"""A hundred answers at the review desk by keyboard, in a real browser, beside a real server.

Of made-up faces, or of those in a folder of photos.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from playwright.sync_api import Page, Response, sync_playwright
from rich.console import Console

from bench.figures import Asked, Bar, Bench, Better, Figure
from bench.stage import python, serving, staged
from local.album import photos_of
from local.processes import Command, Supervisor
from local.stack import CHECKOUT, Service, Surroundings

DATABASE = "kindred_bench_review"
FACES = 20_000
ANSWERS = 100
KEYS = "yynysyynyu"  # one in ten takes the answer before it back
KEYS_OF_FEW = "yununusu"  # where there are fewer questions than answers: all are taken back
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SHOWN = Bar(
    "review_{}", "F", "the {} page of a hundred answers: the server's time", "ms", "limit",
    Better.LOWER, 200.0, 1.0,
)  # fmt: skip
RATE = Bar(
    "review_rate", "F", "answers by keyboard", "answers/min", "a thousand faces an hour",
    limit=round(1000 / 60, 2),
)  # fmt: skip
_NEW = "before => document.querySelector('.question:not([hidden])')?.dataset.question !== before"


def run(asked: Asked, console: Console) -> list[Figure]:
    """The first page, the slowest and the middle answer, by the server's time; and their rate."""
    data, surroundings = asked.data, Surroundings.read()
    with ExitStack() as stack, console.status("review") as status:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="kindred-bench-")))
        settings = stack.enter_context(staged(surroundings, DATABASE, folder))
        Service(settings).prepare()
        status.update("review: faces are put in")
        if data:
            _look_at(data, surroundings, settings, folder / "looking")
        else:
            python("bench.people_statements", ["fill", FACES], settings)
        account = python("bench.review_statements", ["found" if data else "made"], settings)
        url = stack.enter_context(serving(surroundings, settings, folder))
        status.update(f"review: {ANSWERS} answers")
        keys = KEYS_OF_FEW if data else KEYS
        took, seconds = _answer(url, account["username"], account["password"], keys)
    first, *answers = took
    slowest, middle = float(np.max(answers)), float(np.median(answers))
    n = len(answers)
    return [
        SHOWN.of(first, 1, "first"),
        SHOWN.of(slowest, n, "slowest"),
        SHOWN.of(middle, n, "p50"),
        RATE.of(60 * ANSWERS / seconds, ANSWERS),
    ]


def _look_at(
    data: Path, surroundings: Surroundings, settings: Mapping[str, str], folder: Path
) -> None:
    """Have the faces in the folder's photos found, as the service does."""
    with surroundings.model_server(folder / "triton") as triton:
        theirs = {**settings, "TRITON_URL": triton.url}
        worker = Command("worker", [sys.executable, "manage.py", "worker"], theirs, CHECKOUT)
        with Supervisor([worker], log_folder=folder):
            files = [photo.path for photo in photos_of(data)]
            python("bench.through_queue", ["faces", *files], theirs)


def _answer(url: str, username: str, password: str, keys: str) -> tuple[list[float], float]:
    """Milliseconds of the server for each page, and seconds of all answers together."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=sandbox)
        page = browser.new_page()
        _log_in(page, url, username, password)
        pages: list[Response] = []
        page.on("response", lambda answer: pages.append(answer) if _is_page(answer) else None)
        page.goto(f"{url}/admin/review/?kind=merges")
        page.wait_for_selector(".question:not([hidden])")
        start = perf_counter()
        for key in islice(cycle(keys), ANSWERS):
            _press(page, key)
        page.wait_for_load_state("networkidle")
        seconds = perf_counter() - start
        took = [_server_ms(answer) for answer in pages]
        browser.close()
    return took, seconds


def _log_in(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/admin/login/?next=/admin/faces/edit/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/admin/faces/edit/")


def _press(page: Page, key: str) -> None:
    """And wait for the next pair: somebody looks at it, before they answer."""
    shown = page.locator(".question:not([hidden])")
    shown.wait_for()
    before = shown.get_attribute("data-question")
    page.keyboard.press(key)
    page.wait_for_function(_NEW, arg=before)


def _is_page(answer: Response) -> bool:
    return "/admin/review/" in answer.url


def _server_ms(answer: Response) -> float:
    """From the sending of the request to the first byte of what the server says."""
    answer.finished()
    timing = answer.request.timing
    return float(timing["responseStart"] - timing["requestStart"])


BENCH = Bench("review", "A hundred answers at the review desk", run, (RATE, SHOWN), alone=True)
