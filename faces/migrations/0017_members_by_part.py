"""Memberships by part with all that a person's page counts, so that no row of thousands is read."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("faces", "0016_erasure_by_places")]

    operations = [
        AddIndexConcurrently(
            "membership",
            models.Index(
                fields=["part", "photo"],
                include=["face", "how", "similarity"],
                name="members_by_part",
            ),
        ),
        RemoveIndexConcurrently("membership", "membership_of_part"),
    ]
