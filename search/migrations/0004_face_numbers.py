from django.db import migrations

# Of statements, so that faces which come together cost one more statement together.
TRIGGER = """
CREATE FUNCTION search_number_faces() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_facenumber (face_id, photo_id, number)
    SELECT face.id, face.photo_id,
        COALESCE((
            SELECT max(given.number) + 1 FROM search_facenumber AS given
            WHERE given.photo_id = face.photo_id
        ), 0) + row_number() OVER (PARTITION BY face.photo_id ORDER BY face.id) - 1
    FROM new_faces AS face
    WHERE NOT EXISTS (SELECT FROM search_facenumber AS its WHERE its.face_id = face.id);
    RETURN NULL;
END $$;
CREATE TRIGGER search_number_faces AFTER INSERT ON faces_face
    REFERENCING NEW TABLE AS new_faces FOR EACH STATEMENT EXECUTE FUNCTION search_number_faces();
"""
NO_TRIGGER = """
DROP TRIGGER search_number_faces ON faces_face;
DROP FUNCTION search_number_faces();
"""


class Migration(migrations.Migration):
    """From now on each new face gets its number."""

    dependencies = [("search", "0003_points"), ("faces", "0006_parts_of_clusters")]

    operations = [migrations.RunSQL(TRIGGER, NO_TRIGGER)]
