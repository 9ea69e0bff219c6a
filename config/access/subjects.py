"""Whom the subject of a JWT is: the one place that decides so."""

import hashlib

from django.contrib.auth.models import User
from django.db import transaction

from config.access.claims import Claims
from photos.models import Owner
from photos.models.owners import act_for

_LONGEST_NAME = 150  # letters of a Django user's name


def user_of(claims: Claims) -> User | None:
    """The Django user that acts for the owner of that subject, both made at first need.

    As the claims say it, an admin or nobody of the staff: for this object, not for the row. None:
    staff have closed the door to them.
    """
    found = Owner.objects.select_related("user").filter(subject=claims.subject).first()
    owner = found if found and found.user_id else _known(claims.subject)
    user = owner.user
    assert isinstance(user, User)  # noqa: S101  # as it was just made, if there was none
    if not user.is_active:
        return None
    user.is_staff = user.is_superuser = claims.is_admin
    act_for(user, owner)
    return user


@transaction.atomic
def _known(subject: str) -> Owner:
    owner, _ = Owner.objects.get_or_create(subject=subject)
    owner = Owner.objects.select_for_update().get(pk=owner.pk)
    if owner.user is None:
        owner.user, new = User.objects.get_or_create(username=_name(subject))
        if new:
            owner.user.set_unusable_password()
            owner.user.save(update_fields=["password"])
        owner.save(update_fields=["user"])
    return owner


def _name(subject: str) -> str:
    """That nobody else has: people's names have no colon."""
    name = f"sub:{subject}"
    digest = hashlib.sha256(subject.encode()).hexdigest()
    return name if len(name) <= _LONGEST_NAME else f"sub:sha256:{digest}"
