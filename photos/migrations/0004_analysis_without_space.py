"""The recipe says it all; a space need not be one of faces."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("photos", "0003_recipes_from_spaces")]

    operations = [
        migrations.RemoveConstraint("analysis", "analysis_once_per_space"),
        migrations.RemoveField("analysis", "space"),
        migrations.AddConstraint(
            "analysis",
            models.UniqueConstraint(
                fields=("photo", "operation", "recipe"), name="analysis_once_per_recipe"
            ),
        ),
        migrations.AlterField(
            "space",
            "same_person_cosine",
            models.FloatField(
                blank=True,
                help_text="Of faces: two at least this similar are taken for one person, "
                "cosine, -1 to 1.",
                null=True,
            ),
        ),
    ]
