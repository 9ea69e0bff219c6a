import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="face",
            name="quality_reasons",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("small", "small: less than 48 pixels wide or high"),
                        ("blurred", "blurred: it shows little detail"),
                        ("turned", "turned: it looks to the side"),
                        ("uncertain", "uncertain: it may be no face at all"),
                    ],
                    max_length=20,
                ),
                blank=True,
                default=list,
                help_text="Why it can't be recognised well.",
                size=None,
            ),
        ),
        migrations.AddConstraint(
            model_name="face",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("quality_reasons__contained_by", ["small", "blurred", "turned", "uncertain"])
                ),
                name="face_quality_reasons_are_known",
            ),
        ),
    ]
