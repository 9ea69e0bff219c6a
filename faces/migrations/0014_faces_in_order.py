from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0013_questions_ahead"),
        ("photos", "0012_place_with_date"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="face",
            index=models.Index(fields=["quality", "id"], name="faces_by_quality"),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(
                condition=models.Q(("ignored", True)), fields=["id"], name="faces_left_out"
            ),
        ),
    ]
