import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0011_photo_of_membership"),
        ("photos", "0014_reference_by_name"),
    ]

    operations = [
        migrations.AlterField(
            model_name="face",
            name="photo",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="faces",
                to="photos.photo",
            ),
        ),
        migrations.AddIndex(
            model_name="face",
            index=models.Index(fields=["photo"], include=("ignored",), name="face_of_photo"),
        ),
    ]
