import django.db.models.functions.comparison
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0010_indexes_of_places_and_dates"),
    ]

    operations = [
        migrations.AddField(
            model_name="reference",
            name="number",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Case(
                    models.When(
                        external_id__regex="^(0|[1-9][0-9]{0,14})$",
                        then=django.db.models.functions.comparison.Cast(
                            "external_id", models.BigIntegerField()
                        ),
                    )
                ),
                help_text="The external id, where it is a number of 15 digits at most.",
                output_field=models.BigIntegerField(),
            ),
        ),
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(
                condition=models.Q(("number__isnull", False)),
                fields=["owner", "number"],
                name="reference_by_number",
            ),
        ),
    ]
