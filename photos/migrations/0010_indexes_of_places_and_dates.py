from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("photos", "0009_fill_dates")]

    operations = [
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                models.F("owner"),
                models.OrderBy(models.F("dated_at"), descending=True),
                models.F("id"),
                name="photo_by_date",
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(("place__isnull", False)),
                fields=["owner", "place"],
                name="photo_of_place",
            ),
        ),
        migrations.AddIndex(
            model_name="photo",
            index=models.Index(
                condition=models.Q(("place__isnull", False), ("place_inferred", False)),
                fields=["owner", "dated_at"],
                name="photo_with_own_place",
            ),
        ),
    ]
