"""Tokens, which were kept as they are sent, become keys with the same secret and the same rights.

Their table goes with them: as long as it stands, a user who had a token can't be deleted.
"""

from typing import Any

from django.db import migrations

_MOVE = """
    INSERT INTO config_apikey (name, prefix, digest, user_id, scopes, created_at)
    SELECT 'token', left(key, 8), encode(sha256(convert_to(key, 'UTF8')), 'hex'), user_id,
        ARRAY['admin', 'people', 'read', 'write'], created
    FROM authtoken_token
"""
_FORGET = """
    DROP TABLE authtoken_token;
    DELETE FROM django_migrations WHERE app = 'authtoken';
"""


def move(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('authtoken_token')")
        if cursor.fetchone() == (None,):
            return
        cursor.execute(_MOVE)
        cursor.execute(_FORGET)
    types = apps.get_model("contenttypes", "ContentType")
    kinds = types.objects.using(schema_editor.connection.alias).filter(app_label="authtoken")
    rights = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    rights.filter(content_type__in=kinds).delete()
    kinds.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0001_api_keys"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    # Back: the secrets are nowhere any more. Whoever goes back makes new tokens.
    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
