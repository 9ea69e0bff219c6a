"""Groups for staff, with their rights, as there is a table more: see 0003 and jobs/roles.py."""

from importlib import import_module

from django.db import migrations

give = import_module("config.migrations.0003_roles").give


class Migration(migrations.Migration):
    dependencies = [("config", "0004_asking")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
