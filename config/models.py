"""How services come in, and how often; what they did; and how long owners keep what they have."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext

from photos.models import Owner


class ApiKey(models.Model):
    """Lets a service do what its `scopes` say, as a Django user, for one owner.

    The secret is shown once, and not kept: who reads this table can use none of its keys.
    """

    name = models.CharField(max_length=100)
    prefix = models.CharField(
        max_length=16, help_text="How the secret begins, to know it by.", editable=False
    )
    digest = models.CharField(
        max_length=64, unique=True, editable=False, help_text="SHA-256 of the secret."
    )
    old_digest = models.CharField(max_length=64, unique=True, null=True, editable=False)  # noqa: DJ001  # none but one is ""
    old_until = models.DateTimeField(null=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_keys",
        help_text="As whom it acts: what it does is written down under this name.",
    )
    owner = models.ForeignKey(
        Owner,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose photos it is for; empty: those of the user.",
    )
    scopes = ArrayField(models.CharField(max_length=20))
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    parent = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="made"
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "API key"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=Q(revoked_at=None),
                name="api_key_name_once_per_user",
            ),
            models.CheckConstraint(
                condition=Q(old_digest=None, old_until=None)
                | Q(old_digest__isnull=False, old_until__isnull=False),
                name="api_key_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class AskingQuerySet(models.QuerySet["Asking"]):
    def over(self) -> Self:
        return self.filter(ends_at__lt=Now())


class Asking(models.Model):
    """How often somebody has asked, until `ends_at`; then they begin anew.

    The table is not in the database's log: after a crash it is empty, and nobody waits for a disk.
    """

    who = models.CharField(max_length=80, primary_key=True)
    count = models.PositiveIntegerField()
    ends_at = models.DateTimeField(db_index=True)

    objects = AskingQuerySet.as_manager()

    def __str__(self) -> str:
        return self.who


class AuditEntry(models.Model):
    """That something was changed over the API, or taken out of it: see config/audit.py.

    It names rows by their numbers, and has no foreign keys: it stays as it is whatever becomes of
    them, and a trigger refuses every change.
    """

    LONGEST = 300  # letters of a path

    at = models.DateTimeField(db_default=Now())
    actor = models.BigIntegerField(null=True, help_text="The number of a Django user.")
    actor_name = models.CharField(max_length=150, blank=True)
    credential = models.CharField(max_length=40, help_text="How a key begins; session; JWT.")
    owner = models.BigIntegerField(null=True, help_text="The number of whom they acted for.")
    act = models.CharField(max_length=80)
    path = models.CharField(max_length=LONGEST)
    status = models.SmallIntegerField(help_text="Of HTTP; 0: over gRPC.")
    address = models.GenericIPAddressField(null=True)

    class Meta:
        verbose_name = "entry of the audit log"
        verbose_name_plural = "audit log"
        indexes = [models.Index(fields=["at"], name="audit_entry_at")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.act}"


def _days() -> models.PositiveIntegerField[int | None, int | None]:
    return models.PositiveIntegerField(null=True, blank=True, help_text="Empty: for ever.")


class Retention(models.Model):
    """How many days an owner keeps what: config/keeping/retention.py applies it."""

    owner = models.OneToOneField(
        Owner, on_delete=models.CASCADE, primary_key=True, related_name="retention"
    )
    photos = _days()  # since they came here
    unnamed_faces = _days()  # since they were found
    searches = _days()  # notes of them
    reads = _days()  # entries of the audit log

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(photos=0) & ~Q(unnamed_faces=0) & ~Q(searches=0) & ~Q(reads=0),
                name="retention_is_a_day_at_least",
            ),
        ]

    def __str__(self) -> str:
        return gettext("Retention of %(owner)s") % {"owner": self.owner_id}
