"""Photos that are looked at find their erased places without reading all receipts."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False  # so that nobody who writes has to wait

    dependencies = [
        ("faces", "0015_erasure_key"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="erasure",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["places"], name="erasure_by_places", opclasses=["jsonb_path_ops"]
            ),
        ),
    ]
