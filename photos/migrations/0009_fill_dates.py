from typing import Any

from django.conf import settings
from django.db import migrations

BATCH = 10_000  # photos of one transaction

# The clock where a photo was taken, as if it were UTC: the camera's, or ours when it came.
FILL = """
UPDATE photos_photo SET
    dated_at = CASE
        WHEN taken_at IS NULL THEN created_at AT TIME ZONE %s AT TIME ZONE 'UTC'
        ELSE taken_at + make_interval(mins => coalesce(taken_offset_minutes, 0))
    END,
    dated_by = CASE WHEN taken_at IS NULL THEN 'upload' ELSE 'exif' END
WHERE id > %s AND id <= %s
"""
# Their places are found by the workers.
NOTE = """
INSERT INTO photos_placedue (photo_id) SELECT id FROM photos_photo
WHERE id > %s AND id <= %s AND (taken_at IS NOT NULL OR latitude IS NOT NULL)
"""


def fill(apps: Any, schema_editor: Any) -> None:
    photos = apps.get_model("photos", "Photo").objects.order_by("pk")
    last = photos.last()
    for start in range(0, last.pk if last else 0, BATCH):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM photos_placedue WHERE photo_id > %s AND photo_id <= %s",
                [start, start + BATCH],
            )
            cursor.execute(FILL, [settings.TIME_ZONE, start, start + BATCH])
            cursor.execute(NOTE, [start, start + BATCH])


class Migration(migrations.Migration):
    atomic = False  # a million rows: stopped half way, it does all again
    dependencies = [("photos", "0008_places_and_dates")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
