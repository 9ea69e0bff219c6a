import django.db.models.deletion
from django.db import migrations, models

# Each cluster begins with a part that has its key, so memberships point to the right one already.
_PARTS = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO faces_part (id, cluster_id) SELECT id, id FROM faces_cluster;
SET CONSTRAINTS ALL DEFERRED;
"""
_BACK = """
UPDATE faces_membership AS member SET part_id = part.cluster_id
FROM faces_part AS part WHERE part.id = member.part_id;
"""
_COUNTS = "UPDATE faces_edit SET face_count = cardinality(faces)"


class Migration(migrations.Migration):
    dependencies = [("faces", "0005_indexes_of_edits")]

    operations = [
        migrations.CreateModel(
            name="Part",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        help_text="Of the cluster that it began as.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "cluster",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="faces.cluster",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_PARTS, migrations.RunSQL.noop),
        migrations.RemoveIndex(model_name="membership", name="membership_of_cluster"),
        migrations.RenameField(model_name="membership", old_name="cluster", new_name="part"),
        migrations.AlterField(
            model_name="membership",
            name="part",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to="faces.part",
            ),
        ),
        migrations.RunSQL(migrations.RunSQL.noop, _BACK),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["part", "face"], name="membership_of_part"),
        ),
        migrations.AddField(
            model_name="edit",
            name="face_count",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Touched: `faces`, and those that went with their clusters.",
            ),
        ),
        migrations.RunSQL(_COUNTS, migrations.RunSQL.noop),
    ]
