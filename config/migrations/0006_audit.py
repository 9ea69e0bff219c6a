"""The audit log, whose entries nobody changes: they can only be deleted when they are old."""

import django.db.models.functions.datetime
from django.db import migrations, models

_TRIGGER = """
CREATE FUNCTION config_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Entries of the audit log are not changed.';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE ON config_auditentry
    FOR EACH ROW EXECUTE FUNCTION config_audit_stays();
"""
_WITHOUT = """
DROP TRIGGER audit_stays ON config_auditentry;
DROP FUNCTION config_audit_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("config", "0005_roles_again"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "actor",
                    models.BigIntegerField(help_text="The number of a Django user.", null=True),
                ),
                ("actor_name", models.CharField(blank=True, max_length=150)),
                (
                    "credential",
                    models.CharField(help_text="How a key begins; session; JWT.", max_length=40),
                ),
                (
                    "owner",
                    models.BigIntegerField(
                        help_text="The number of whom they acted for.", null=True
                    ),
                ),
                ("act", models.CharField(max_length=80)),
                ("path", models.CharField(max_length=300)),
                ("status", models.SmallIntegerField(help_text="Of HTTP; 0: over gRPC.")),
                ("address", models.GenericIPAddressField(null=True)),
            ],
            options={
                "verbose_name": "entry of the audit log",
                "verbose_name_plural": "audit log",
                "indexes": [models.Index(fields=["at"], name="audit_entry_at")],
            },
        ),
        migrations.RunSQL(_TRIGGER, _WITHOUT),
    ]
