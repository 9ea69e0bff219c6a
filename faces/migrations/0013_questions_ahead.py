import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0012_faces_of_photos"),
        ("photos", "0012_place_with_date"),
    ]

    operations = [
        migrations.RemoveField(
            model_name="sitting",
            name="decisions",
        ),
        migrations.RemoveField(
            model_name="sitting",
            name="questions",
        ),
        migrations.CreateModel(
            name="Answered",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(help_text="Of the question.", max_length=80)),
                ("about", models.JSONField(help_text="The question.")),
                ("answer", models.CharField(max_length=4)),
                (
                    "edits",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        help_text="Those that were made of it.",
                        size=None,
                    ),
                ),
                (
                    "sitting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="answered",
                        to="faces.sitting",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("sitting", "key"), name="answered_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Inquiry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same", "two who may be one"),
                            ("merges", "two who very likely are"),
                            ("assignments", "faces that were matched"),
                            ("mixed", "clusters that fall into two"),
                        ],
                        max_length=11,
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        help_text="From when on a worker may begin; while one is at it, when another one may. Empty: nobody has asked for it.",
                        null=True,
                    ),
                ),
                (
                    "found_at",
                    models.DateTimeField(
                        help_text="When the last one began; what has changed later, it may have missed.",
                        null=True,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.owner",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "inquiries",
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at", None), _negated=True),
                        fields=["due_at"],
                        name="inquiries_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "kind"), name="inquiry_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="OpenQuestion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("same", "two who may be one"),
                            ("merges", "two who very likely are"),
                            ("assignments", "faces that were matched"),
                            ("mixed", "clusters that fall into two"),
                        ],
                        max_length=11,
                    ),
                ),
                ("key", models.CharField(help_text="What it is about.", max_length=80)),
                ("place", models.IntegerField(help_text="The lowest comes first.")),
                ("about", models.JSONField(help_text="The question.")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.owner",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "kind", "place"], name="open_questions_in_order")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "kind", "key"), name="open_question_once"
                    )
                ],
            },
        ),
    ]
