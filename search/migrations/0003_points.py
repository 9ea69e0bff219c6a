import django.db.models.deletion
import pgvector.django.halfvec
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0006_parts_of_clusters"),
        ("photos", "0011_reference_number"),
        ("search", "0002_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="Point",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "collection",
                    models.CharField(
                        choices=[("image_embeddings", "whole photos"), ("faces", "faces")],
                        max_length=20,
                    ),
                ),
                ("number", models.PositiveBigIntegerField()),
                (
                    "payload",
                    models.JSONField(default=dict, help_text="An object of the service's own."),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.owner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PointVector",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("vector", pgvector.django.halfvec.HalfVectorField()),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.owner",
                    ),
                ),
                (
                    "point",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="vector",
                        to="search.point",
                    ),
                ),
                (
                    "space",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.space",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FaceNumber",
            fields=[
                (
                    "face",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="numbered",
                        serialize=False,
                        to="faces.face",
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "photo",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="photos.photo",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("photo", "number"), name="face_number_once_per_photo"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="point",
            constraint=models.UniqueConstraint(
                fields=("owner", "collection", "number"), name="point_once_per_number"
            ),
        ),
        migrations.AddIndex(
            model_name="pointvector",
            index=models.Index(fields=["owner", "space"], name="point_vector_of_owner"),
        ),
    ]
