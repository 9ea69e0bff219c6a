"""How long owners keep what they have."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0007_roles_audit"),
        ("photos", "0015_camera_of_photo"),
    ]

    operations = [
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "owner",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="retention",
                        serialize=False,
                        to="photos.owner",
                    ),
                ),
                *(
                    (
                        name,
                        models.PositiveIntegerField(
                            blank=True, help_text="Empty: for ever.", null=True
                        ),
                    )
                    for name in ("photos", "unnamed_faces", "searches", "reads")
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("photos", 0), _negated=True),
                            models.Q(("unnamed_faces", 0), _negated=True),
                            models.Q(("searches", 0), _negated=True),
                            models.Q(("reads", 0), _negated=True),
                        ),
                        name="retention_is_a_day_at_least",
                    )
                ],
            },
        ),
    ]
