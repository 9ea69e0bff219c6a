"""Groups for staff, with their rights, as there are two tables more: see jobs/roles.py.

Here, and not in `config`: that comes before search's tables, which need the type of vectors that
faces makes.
"""

from importlib import import_module

from django.db import migrations

give = import_module("jobs.migrations.0013_roles").give


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0008_retention"),
        ("jobs", "0016_removals"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
