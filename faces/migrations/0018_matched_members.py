"""Memberships that nobody has said, of which a person mostly has few among very many."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("faces", "0017_members_by_part")]

    operations = [
        AddIndexConcurrently(
            "membership",
            models.Index(
                fields=["part", "similarity"],
                include=["face"],
                condition=models.Q(how="matched"),
                name="matched_members",
            ),
        ),
    ]
