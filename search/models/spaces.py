"""In which space photos are searched, and which photos can't follow into another one."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from photos.models import Owner, Photo, Space


class SearchedSpace(models.Model):
    """The space in which whole photos are searched. At most one row: none before any vector."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    space = models.ForeignKey(Space, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="searched_space_is_one")]

    def __str__(self) -> str:
        return f"searched in {self.space}"


class Unembedded(models.Model):
    """That a photo could get no vector in a space, when all photos were given one, and why.

    It may have one since: as it was sent again, say.
    """

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="+")
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=40)
    detail = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "photo without a vector"
        verbose_name_plural = "photos without a vector"
        constraints = [
            models.UniqueConstraint(fields=["photo", "space"], name="unembedded_once_per_space"),
        ]
        indexes = [models.Index(fields=["space", "owner"], name="unembedded_of_owner")]

    def __str__(self) -> str:
        return gettext("Photo %(photo)s: %(code)s") % {"photo": self.photo_id, "code": self.code}
