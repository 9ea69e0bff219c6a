from django.db import migrations

# Photos have been searched in the space of the active model, if they have vectors there, or else in
# the newest one.
FILL = """
INSERT INTO search_searchedspace (id, space_id, since)
SELECT 1, space.id, statement_timestamp() FROM photos_space AS space
WHERE space.role = 'image_encoder'
    AND EXISTS (SELECT FROM search_imagevector WHERE space_id = space.id)
ORDER BY EXISTS (
    SELECT FROM photos_role AS role JOIN photos_servedmodel AS model ON model.id = role.active_id
    WHERE role.name = space.role AND model.space = space.name
) DESC, space.id DESC
LIMIT 1
"""


class Migration(migrations.Migration):
    dependencies = [("search", "0007_spaces")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
