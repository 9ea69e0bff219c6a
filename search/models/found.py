"""What is in photos, beside their faces: vectors, objects, tags, text and captions."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from photos.models import Owner, Photo, Space

MAX_LABEL = 100  # letters of an object's class or a tag's key
MAX_SENTENCE = 1000


class ImageVector(models.Model):
    """What a whole photo looks like to the model of a space: a unit vector. Never updated."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="vectors")
    owner = models.ForeignKey(Owner, on_delete=models.CASCADE, related_name="+")
    space = models.ForeignKey(Space, on_delete=models.CASCADE, related_name="+")
    vector = HalfVectorField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["photo", "space"], name="image_vector_once_per_space"),
        ]
        indexes = [models.Index(fields=["owner", "space", "photo"], name="image_vector_of_owner")]

    def __str__(self) -> str:
        return f"Vector of photo {self.photo_id}"


class DetectedObject(models.Model):
    """An object in a photo. The box is pixels of the upright photo."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="objects_seen")
    recipe = models.CharField(max_length=300, help_text="The model that found it.")
    label = models.CharField(max_length=MAX_LABEL)
    confidence = models.FloatField(help_text="The detector's score, 0 to 1.")
    x = models.FloatField()
    y = models.FloatField()
    width = models.FloatField()
    height = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(width__gt=0) & Q(height__gt=0), name="object_box_has_area"
            ),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1)), name="object_confidence_is_a_fraction"
            ),
        ]
        indexes = [models.Index(fields=["label", "photo"], name="object_by_label")]

    def __str__(self) -> str:
        return gettext("%(label)s in photo %(photo)s") % {
            "label": self.label,
            "photo": self.photo_id,
        }


class TextLine(models.Model):
    """A line of text in a photo, as one reads them: `position` counts from 0."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="text_lines")
    recipe = models.CharField(max_length=300, help_text="The models that read it.")
    position = models.PositiveIntegerField()
    text = models.TextField()
    quad = models.JSONField(
        help_text="Four [x, y], clockwise from the text's top left: pixels of the upright photo."
    )
    confidence = models.FloatField(help_text="The recogniser's score, 0 to 1.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "recipe", "position"], name="text_line_once_per_position"
            ),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1)), name="text_confidence_is_a_fraction"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class PhotoTag(models.Model):
    """A word of the vocabulary that fits a photo; its wordings are in the vocabulary's files."""

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="tags")
    recipe = models.CharField(max_length=300, help_text="The model and vocabulary behind it.")
    key = models.CharField(max_length=MAX_LABEL)
    confidence = models.FloatField(help_text="How well it fits, 0 to 1.")
    is_context = models.BooleanField(
        default=False, help_text="What is going on, such as shaking hands."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["photo", "recipe", "key"], name="tag_once_per_photo"),
            models.CheckConstraint(
                condition=Q(confidence__range=(0, 1)), name="tag_confidence_is_a_fraction"
            ),
        ]
        indexes = [models.Index(fields=["key", "photo"], name="tag_by_key")]

    def __str__(self) -> str:
        return self.key


class Caption(models.Model):
    """A sentence about a photo, in one language, and a short phrase of what is going on."""

    class Source(models.TextChoices):
        TEMPLATE = "template", _("made of what was found in the photo")
        MODEL = "model", _("a captioner's")
        DESCRIBER = "describer", _("a longer description, by a language model")

    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="captions")
    recipe = models.CharField(max_length=300, help_text="What it was made with.")
    source = models.CharField(max_length=10, choices=Source)
    language = models.CharField(max_length=10)
    sentence = models.TextField()
    context = models.CharField(max_length=MAX_SENTENCE, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["photo", "recipe", "language"], name="caption_once_per_language"
            ),
        ]

    def __str__(self) -> str:
        return self.sentence[:80]
