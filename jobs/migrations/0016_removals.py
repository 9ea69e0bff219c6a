"""Receipts of photos that were deleted."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0015_kizu_tables"),
        ("photos", "0015_camera_of_photo"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Removal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "key",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        help_text="By which the ledger has it, whatever becomes of the database.",
                        unique=True,
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        choices=[
                            ("asked", "somebody has asked for it"),
                            ("retention", "they were kept as long as their owner keeps photos"),
                            ("restored", "they were deleted before a backup was restored"),
                        ],
                        max_length=10,
                    ),
                ),
                ("photos", models.JSONField(help_text="[key, sha256] of each photo.")),
                ("counts", models.JSONField(default=dict, help_text="What was deleted.")),
                (
                    "waiting",
                    models.JSONField(
                        default=dict,
                        help_text="Folders and result files that are still to go; none when it is done.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "finished_at",
                    models.DateTimeField(
                        blank=True, help_text="All files are gone too.", null=True
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="removals",
                        to="photos.owner",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)),
                        fields=["id"],
                        name="removal_unfinished",
                    )
                ],
            },
        ),
    ]
