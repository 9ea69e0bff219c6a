"""Staff who choose rows of a list, and do something with them."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client

from tests.factories import make_user


def act(client: Client, url: str, action: str, rows: Sequence[Model], **answer: Any) -> list[str]:
    """What staff are told, without the links, after an action on `rows` with this `answer`."""
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    if answer:
        data |= {"answered": "yes", **answer}
    response = client.post(url, data, follow=True)
    return without_links(response)


def staff(client: Client, *permissions: str) -> Client:
    """Staff who may do what `permissions` say, and no more."""
    user = make_user(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)
    return client


def offered(client: Client, url: str) -> list[str]:
    """The actions of a list."""
    form = client.get(url).context["action_form"]
    return [name for name, _ in form.fields["action"].choices if name] if form else []


def without_links(response: Any) -> list[str]:
    """What staff are told."""
    return [re.sub(r" ?<.*", "", str(told)) for told in response.context["messages"]]
