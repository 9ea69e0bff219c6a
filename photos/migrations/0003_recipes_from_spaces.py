"""What was done so far was done with one model: that of the space."""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def name_the_space(apps, schema_editor):
    space = apps.get_model("photos", "Space").objects.filter(pk=OuterRef("space_id"))
    analyses = apps.get_model("photos", "Analysis").objects.all()
    analyses.update(recipe=Subquery(space.values("name")[:1]))


class Migration(migrations.Migration):
    dependencies = [("photos", "0002_analysis_recipe")]

    operations = [migrations.RunPython(name_the_space, migrations.RunPython.noop)]
