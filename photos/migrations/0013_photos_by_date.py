from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("photos", "0012_place_with_date"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(fields=["dated_at", "id"], name="photo_of_all_by_date"),
        ),
    ]
