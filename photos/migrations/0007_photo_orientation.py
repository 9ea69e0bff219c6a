from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0006_analysis_by_recipe"),
    ]

    operations = [
        migrations.AddField(
            model_name="photo",
            name="orientation",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="The EXIF one that the original is stored in, 1 to 8."
            ),
        ),
        migrations.AddConstraint(
            model_name="photo",
            constraint=models.CheckConstraint(
                condition=models.Q(("orientation__range", (1, 8))),
                name="photo_orientation_is_of_exif",
            ),
        ),
    ]
