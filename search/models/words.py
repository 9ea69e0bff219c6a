"""The words by which photos are found: a row for each photo, made of what was found in it."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from photos.models import Owner, Photo


class PhotoWords(models.Model):
    """All words of a photo but names, which change too often: search/words/ makes and reads them.

    The owner is one of the words, which no text can hold: so the index itself leaves out what
    is others'.
    """

    photo = models.OneToOneField(
        Photo, on_delete=models.CASCADE, primary_key=True, related_name="words"
    )
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+", db_index=False)
    edition = models.CharField(
        max_length=16, help_text="Of the vocabulary and the way that it was made."
    )
    words = SearchVectorField(help_text="Stems: A tags, B objects, C captions, D text.")
    text = SearchVectorField(help_text="The words of its text, as they are written, in order.")

    class Meta:
        indexes = [
            GinIndex(fields=["words", "text"], fastupdate=False, name="photo_words"),
            models.Index(fields=["owner", "photo"], name="photo_words_of_owner"),
            models.Index(fields=["edition", "photo"], name="photo_words_by_edition"),
        ]

    def __str__(self) -> str:
        return f"Words of photo {self.photo_id}"
