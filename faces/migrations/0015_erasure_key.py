"""Each erasure gets a key of its own, and knows who was meant: so that the ledger can have it."""

import uuid

import django.contrib.postgres.functions
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("faces", "0014_faces_in_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="erasure",
            name="key",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                default=uuid.uuid4,
                editable=False,
                help_text="By which the ledger has it, whatever becomes of the database.",
                unique=True,
            ),
        ),
        migrations.AddField(
            model_name="erasure",
            name="people",
            field=models.JSONField(
                db_default=[],
                default=list,
                editable=False,
                help_text="[key, when it was made] of that person, and of those merged into them before.",
            ),
        ),
    ]
