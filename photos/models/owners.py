"""Whose photos are here."""

from collections.abc import Collection
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models

LONGEST_SUBJECT = 255  # letters


def act_for(user: AbstractBaseUser, owner: "Owner | None") -> None:
    """Have `user` act for `owner` as long as this object lives: a request, whose key says so."""
    user._acts_for = owner  # type: ignore[attr-defined]  # noqa: SLF001  # read below alone


def acted_for(user: AbstractBaseUser | AnonymousUser) -> "Owner | None":
    """Whom `user` acts for, where that is known without asking."""
    owner: Owner | None = getattr(user, "_acts_for", None)
    return owner


class OwnerQuerySet(models.QuerySet["Owner"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The owner that `user` acts for: one or none. Nobody acts for none."""
        if known := acted_for(user):
            return self.filter(pk=known.pk)
        return self.none() if user.pk is None else self.filter(user=user.pk)


class Owner(models.Model):
    """The tenant: an end user, known by the `subject` that callers use for them.

    Staff are Django users. A Django user may be linked to an owner, and then acts for it.
    """

    subject = models.CharField(max_length=LONGEST_SUBJECT, unique=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owner",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.subject


Owners = Collection[Owner] | models.QuerySet[Owner]  # for `owner__in`


def owners_of(user: AbstractBaseUser | AnonymousUser) -> Owners:
    """For `owner__in`: whom `user` acts for, by their key where it is known without asking.

    So Django makes no inner statement, and PostgreSQL's plan is for as many rows as they have.
    """
    known = acted_for(user)
    return [known] if known else Owner.objects.of(user)
