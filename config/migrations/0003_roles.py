"""Groups for staff, with their rights: see jobs/roles.py.

In a new database this comes before the tables of most of them, and jobs.0013 gives the rest. It
must not wait for that: search's tables need the type of vectors that faces makes, and say so nowhere.
"""

from typing import Any

from django.db import migrations

from jobs import roles


def give(apps: Any, schema_editor: Any) -> None:
    roles.give(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0002_keys_of_tokens"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
