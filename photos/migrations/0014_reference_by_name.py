import django.contrib.postgres.indexes
import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0013_photos_by_date"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reference",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("external_id"), name="text_pattern_ops"
                ),
                name="reference_by_name",
            ),
        ),
    ]
