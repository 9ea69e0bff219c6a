from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0013_roles"),
    ]

    operations = [
        migrations.AlterField(
            model_name="job",
            name="arguments",
            field=models.JSONField(blank=True, default=dict, help_text="Of tasks, and of doors."),
        ),
    ]
