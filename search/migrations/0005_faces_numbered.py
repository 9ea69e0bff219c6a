from django.db import migrations

# Some may have got one since the trigger is there.
NUMBER = """
INSERT INTO search_facenumber (face_id, photo_id, number)
SELECT face.id, face.photo_id,
    COALESCE((
        SELECT max(given.number) + 1 FROM search_facenumber AS given
        WHERE given.photo_id = face.photo_id
    ), 0) + row_number() OVER (PARTITION BY face.photo_id ORDER BY face.id) - 1
FROM faces_face AS face
WHERE NOT EXISTS (SELECT FROM search_facenumber AS its WHERE its.face_id = face.id);
"""


class Migration(migrations.Migration):
    """Faces that were there before get theirs, in the order in which they were found."""

    dependencies = [("search", "0004_face_numbers")]

    operations = [migrations.RunSQL(NUMBER, migrations.RunSQL.noop)]
