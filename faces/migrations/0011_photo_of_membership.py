import django.db.models.deletion
from django.db import migrations, models

# Of rows, and before their constraints are looked at. A face is of one photo for ever.
_TRIGGER = """
CREATE FUNCTION faces_photo_of_membership() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT photo_id INTO NEW.photo_id FROM faces_face WHERE id = NEW.face_id;
    RETURN NEW;
END $$;
CREATE TRIGGER faces_photo_of_membership BEFORE INSERT OR UPDATE OF face_id, photo_id
    ON faces_membership FOR EACH ROW EXECUTE FUNCTION faces_photo_of_membership();
"""
_NO_TRIGGER = """
DROP TRIGGER faces_photo_of_membership ON faces_membership;
DROP FUNCTION faces_photo_of_membership();
"""
# The tallies do not change by it: their trigger would keep both versions of every row.
_THOSE_THERE = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE faces_membership DISABLE TRIGGER USER;
UPDATE faces_membership AS member SET photo_id = face.photo_id
FROM faces_face AS face WHERE face.id = member.face_id;
ALTER TABLE faces_membership ENABLE TRIGGER USER;
ALTER TABLE faces_membership ALTER COLUMN photo_id SET NOT NULL;
"""
_PHOTO = {
    "to": "photos.photo",
    "on_delete": django.db.models.deletion.DO_NOTHING,
    "db_constraint": False,
    "db_index": False,
    "editable": False,
    "related_name": "+",
}


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0010_edit_reason"),
        ("photos", "0012_place_with_date"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="face", name="face_with_photo"),
        migrations.RemoveIndex(model_name="membership", name="membership_of_part"),
        migrations.AddField(
            model_name="membership", name="photo", field=models.ForeignKey(**_PHOTO, null=True)
        ),
        migrations.RunSQL(_TRIGGER, _NO_TRIGGER),
        migrations.RunSQL(
            _THOSE_THERE,
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AlterField(
                    model_name="membership", name="photo", field=models.ForeignKey(**_PHOTO)
                )
            ],
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["part", "photo"], include=("face",), name="membership_of_part"
            ),
        ),
    ]
