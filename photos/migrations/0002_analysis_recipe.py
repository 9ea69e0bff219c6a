"""An analysis is to name all models that had a part in it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("photos", "0001_initial")]

    operations = [
        migrations.AddField(
            "analysis",
            "recipe",
            models.CharField(
                default="",
                help_text="The models that had a part in it.",
                max_length=300,
            ),
            preserve_default=False,
        ),
    ]
