"""Whose photos are here."""

from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import models


class OwnerQuerySet(models.QuerySet["Owner"]):
    def of(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """The owner that `user` acts for: one or none."""
        return self.filter(user=user.pk)


class Owner(models.Model):
    """The tenant: an end user, known by the `subject` that callers use for them.

    Staff are Django users. A Django user may be linked to an owner, and then acts for it.
    """

    subject = models.CharField(max_length=255, unique=True)
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
