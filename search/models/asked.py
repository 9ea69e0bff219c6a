"""Questions that somebody keeps, and what is noted of those that were asked."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext

from photos.models import Owner

MAX_TITLE = 200  # letters


class SavedSearch(models.Model):
    """A question to ask again: words and filters as they were sent."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="saved_searches")
    name = models.CharField(max_length=MAX_TITLE)
    asked = models.JSONField(help_text="As POST /api/v1/search/ takes it.")
    count = models.PositiveIntegerField(
        null=True, blank=True, help_text="Photos found, when it was asked last."
    )
    counted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "saved searches"
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_search_once_per_name"),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_search_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AskedSearch(models.Model):
    """That a question was asked, and what came of it: for tuning. Whose words they were, and the
    words themselves, are not in it, unless the installation keeps them."""

    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    language = models.CharField(max_length=10)
    parts = ArrayField(models.CharField(max_length=20), help_text="Kinds of what was understood.")
    filters = ArrayField(models.CharField(max_length=20), help_text="Parameters that were given.")
    word_count = models.PositiveIntegerField()
    found = models.PositiveIntegerField(help_text="Photos, on the first page of it.")
    took_ms = models.FloatField()
    text = models.TextField(blank=True, help_text="The words, where SEARCH_LOG_TEXT says so.")

    class Meta:
        verbose_name = "search that was asked"
        verbose_name_plural = "searches that were asked"

    def __str__(self) -> str:
        return gettext("%(count)s photos in %(took_ms).0f ms") % {
            "count": self.found,
            "took_ms": self.took_ms,
        }
