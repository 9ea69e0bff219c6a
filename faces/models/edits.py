"""What people have done to people: each edit with all that it changed, so that it can be undone."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from faces.models.people import Membership
from photos.models import Owner


class EditQuerySet(models.QuerySet["Edit"]):
    def of(self, owner: Owner) -> Self:
        return self.filter(owner=owner)

    def newest_first(self) -> Self:
        return self.select_related("actor").order_by("-pk")


class Edit(models.Model):
    """One operation on people, clusters or faces, and the rows before and after it."""

    class Kind(models.TextChoices):
        LABEL = "label", _("named a cluster")
        CREATE = "create", _("made a person of faces")
        ASSIGN = "assign", _("said whose faces these are")
        CONFIRM = "confirm", _("confirmed faces")
        MOVE = "move", _("moved faces")
        REMOVE = "remove", _("took faces out")
        REJECT = "reject", _("said who it is not")
        ANSWER = "answer", _("said whether two faces are one person")
        SPLIT = "split", _("split a cluster")
        MERGE = "merge", _("merged clusters")
        MERGE_PEOPLE = "merge_people", _("merged people")
        CHANGE = "change", _("changed a person")
        MARK = "mark", _("hid, showed or ignored")
        DELETE = "delete", _("deleted a person's name")
        FACE = "face", _("added, moved or deleted a face")
        CLEAR = "clear", _("cleared what clustering had made")
        CLUSTER = "cluster", _("clustered anew")
        IMPORT = "import", _("imported people")
        UNDO = "undo", _("undid an edit")
        ERASE = "erase", _("erased a person")

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="edits")
    kind = models.CharField(max_length=12, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(
        max_length=200, blank=True, db_default="", help_text="Why, as the actor says."
    )
    asked = models.JSONField(default=dict, help_text="What was asked for.")
    steps = models.JSONField(default=list, help_text="What changed: rows before and after.")
    people = ArrayField(models.BigIntegerField(), default=list, help_text="Touched, by their keys.")
    clusters = ArrayField(models.BigIntegerField(), default=list)
    faces = ArrayField(models.BigIntegerField(), default=list)
    face_count = models.PositiveIntegerField(
        default=0, help_text="Touched: `faces`, and those that went with their clusters."
    )
    erased = models.BooleanField(default=False, help_text="Its steps went with a person.")
    undoes = models.OneToOneField(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="undone_by"
    )
    idempotency_key = models.CharField(max_length=255, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = EditQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "idempotency_key"],
                name="edit_once_per_idempotency_key",
                condition=~Q(idempotency_key=""),
            ),
            models.CheckConstraint(
                condition=Q(undoes=None) | Q(kind="undo"), name="edit_that_undoes_is_undo"
            ),
        ]
        indexes = [
            models.Index(fields=["owner", "-id"], name="edit_newest_of_owner"),
            models.Index(fields=["owner"], name="edit_of_faces", condition=Q(kind="face")),
            GinIndex(fields=["people"], name="edit_of_person"),
            GinIndex(fields=["clusters"], name="edit_of_cluster"),
            GinIndex(fields=["faces"], name="edit_of_face"),
        ]

    def __str__(self) -> str:
        return gettext("Edit %(pk)s") % {"pk": self.pk}

    @cached_property
    def carried(self) -> dict[int, list[int]]:
        """The faces, as far as they are there still, that went with each part of a cluster."""
        parts = [step["key"] for step in self.steps if step.get("row") == "part"]
        if not parts:
            return {}
        return Membership.objects.filter(created_at__lte=self.created_at).by_part(parts)

    @property
    def is_undone(self) -> bool:
        return hasattr(self, "undone_by")
