"""The review page as a browser uses it: its addresses, what is asked there, and answers."""

from typing import Any

from django.test import Client

from photos.models import Owner, Space
from tests.faces.house import UNSURE, axis, cluster_of, join

URL = "/admin/review/"


def to(owner: Owner, kind: str = "assignments", door: str = "") -> str:
    return f"{URL}{door}?owner={owner.pk}&kind={kind}"


def arrange(kind: str, owner: Owner, space: Space, number: int) -> None:
    """What is asked about, once, in a plane of its own."""
    match kind:
        case "assignments":
            join(cluster_of(owner, space, axis(number)), axis(number, 1), 0.5)
        case "mixed":
            cluster_of(owner, space, *(axis(number, angle) for angle in (0, 0.1, 1.6, 1.7)))
        case _:
            for angle in (0, UNSURE if kind == "same" else 0.1):
                cluster_of(owner, space, axis(number, angle))


def keys(response: Any) -> list[str]:
    return [each.question.key for each in response.context["questions"]]


def told(response: Any) -> list[str]:
    return [str(each) for each in response.context["messages"]]


def answer(client: Client, where: str, key: str, said: str, **more: Any) -> Any:
    return client.post(where, {"question": key, "answer": said}, follow=True, **more)
