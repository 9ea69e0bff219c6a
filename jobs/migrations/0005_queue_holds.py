import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_fill_queue")]

    operations = [
        migrations.AlterField(
            model_name="item",
            name="owner",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="photos.owner",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["succeeded", "cancelled"]), _negated=True),
                    ("error_code", ""),
                    _connector="OR",
                ),
                name="item_success_has_no_error",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("priority__lte", 10), ("rank__gte", models.F("priority")), ("rank__lte", 10)
                ),
                name="item_priority_0_to_10",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(("cancelling", False), ("state", "processing"), _connector="OR"),
                name="item_cancelling_while_processing",
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        ("state__in", ("succeeded", "failed", "cancelled")),
                    ),
                    models.Q(
                        ("finished_at", None), ("state__in", ("queued", "paused", "processing"))
                    ),
                    _connector="OR",
                ),
                name="item_finished_iff_final",
            ),
        ),
    ]
