"""An edit that is asked for more than once, and made once."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from faces.models import Edit
from faces.people.editing import hold
from photos.idempotency import Idempotency
from photos.models import Owner


def once(
    owner: Owner, idempotency: Idempotency | None, act: Callable[[], Any], *, unchanged: Edit
) -> Edit | None:
    """Have `act` make its edit; with an idempotency key that is known, give the edit of it instead.

    None: nothing was to be changed. With a key, `unchanged` is stored then, so that the same
    request is answered the same whatever has changed meanwhile.

    Raises:
        IdempotencyKeyReused: something else was asked for with this key.
        FaceError: as `act` does; nothing has changed, and the key is free.
    """
    with transaction.atomic():
        hold(owner)
        if before := asked_before(owner, idempotency):
            return before
        edit = next(reversed(made_by(owner, [act])), None)
        return edit if idempotency is None else _known(edit or unchanged, owner, idempotency)


def made_by(owner: Owner, acts: Iterable[Callable[[], Any]]) -> list[Edit]:
    """The edits that `acts` make, in their order; none of what was so already.

    In a transaction of the caller, who holds the owner: nobody else makes any meanwhile.

    Raises:
        FaceError: as `acts` do; the caller's transaction must not be kept.
    """
    last = Edit.objects.of(owner).order_by("-pk").values_list("pk", flat=True).first()
    for act in acts:
        act()
    return list(_edits(owner).filter(pk__gt=last or 0).order_by("pk"))


def asked_before(owner: Owner, idempotency: Idempotency | None) -> Edit | None:
    """The edit that `owner` has asked for with the same key before.

    Raises:
        IdempotencyKeyReused: it was something else that was asked for.
    """
    if idempotency is None:
        return None
    before = _edits(owner).filter(idempotency_key=idempotency.key).first()
    if before:
        idempotency.check(before.fingerprint)
    return before


def _edits(owner: Owner) -> QuerySet[Edit]:
    """What is long of them is loaded when it is needed."""
    return Edit.objects.of(owner).defer("steps", "faces")


def _known(edit: Edit, owner: Owner, idempotency: Idempotency) -> Edit:
    edit.owner = owner
    edit.idempotency_key, edit.fingerprint = idempotency.key, idempotency.fingerprint
    edit.save(update_fields=["idempotency_key", "fingerprint"] if edit.pk else None)
    return edit
