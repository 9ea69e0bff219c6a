"""Groups for staff, with their rights: see jobs/roles.py."""

from typing import Any

from django.db import migrations

from jobs import roles


def give(apps: Any, schema_editor: Any) -> None:
    roles.give(apps, schema_editor.connection.alias)


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
        ("faces", "0010_edit_reason"),
        ("jobs", "0012_kind_of_duplicates"),
        ("photos", "0012_place_with_date"),
        ("search", "0009_looks"),
    ]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
