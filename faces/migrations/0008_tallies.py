import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models

# Of statements, as many faces come and go at once. The tallies of several clusters are locked in
# one order: of two who change the same ones, each waits for the other otherwise.
_TRIGGERS = """
CREATE FUNCTION faces_doubt_of(how text, similarity double precision) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN how = 'manual' THEN 0
        ELSE greatest(0, round(1000 * (1 - similarity)))::bigint END
$$;

CREATE FUNCTION faces_add_to_tallies(clusters bigint[], counts bigint[], doubts bigint[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM faces_tally WHERE cluster_id = ANY (clusters)
    ORDER BY cluster_id FOR NO KEY UPDATE;
    UPDATE faces_tally AS tally
    SET face_count = tally.face_count + more.count, doubts = tally.doubts + more.doubts
    FROM (
        SELECT cluster, sum(one) AS count, sum(doubt) AS doubts
        FROM unnest(clusters, counts, doubts) AS each (cluster, one, doubt) GROUP BY cluster
    ) AS more
    WHERE tally.cluster_id = more.cluster AND (more.count <> 0 OR more.doubts <> 0);
END $$;

CREATE FUNCTION faces_tally_clusters() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO faces_tally (cluster_id, face_count, doubts) SELECT id, 0, 0 FROM come;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_tally_clusters AFTER INSERT ON faces_cluster
    REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION faces_tally_clusters();

CREATE FUNCTION faces_tally_members_come() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM faces_add_to_tallies(array_agg(cluster), array_agg(count), array_agg(doubts)) FROM (
        SELECT part.cluster_id AS cluster, count(*) AS count,
            sum(faces_doubt_of(member.how, member.similarity))::bigint AS doubts
        FROM come AS member JOIN faces_part AS part ON part.id = member.part_id
        GROUP BY part.cluster_id
    ) AS each;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_tally_members_come AFTER INSERT ON faces_membership
    REFERENCING NEW TABLE AS come FOR EACH STATEMENT EXECUTE FUNCTION faces_tally_members_come();

CREATE FUNCTION faces_tally_members_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM faces_add_to_tallies(array_agg(cluster), array_agg(count), array_agg(doubts)) FROM (
        SELECT part.cluster_id AS cluster, -count(*) AS count,
            -sum(faces_doubt_of(member.how, member.similarity))::bigint AS doubts
        FROM gone AS member JOIN faces_part AS part ON part.id = member.part_id
        GROUP BY part.cluster_id
    ) AS each;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_tally_members_go AFTER DELETE ON faces_membership
    REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION faces_tally_members_go();

CREATE FUNCTION faces_tally_members_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM faces_add_to_tallies(array_agg(cluster), array_agg(count), array_agg(doubts)) FROM (
        SELECT part.cluster_id AS cluster, sum(one)::bigint AS count,
            sum(one * faces_doubt_of(how, similarity))::bigint AS doubts
        FROM (
            SELECT 1 AS one, part_id, how, similarity FROM come
            UNION ALL SELECT -1, part_id, how, similarity FROM gone
        ) AS member JOIN faces_part AS part ON part.id = member.part_id
        GROUP BY part.cluster_id
    ) AS each;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_tally_members_change AFTER UPDATE ON faces_membership
    REFERENCING OLD TABLE AS gone NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION faces_tally_members_change();

CREATE FUNCTION faces_tally_parts_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM faces_add_to_tallies(array_agg(cluster), array_agg(count), array_agg(doubts)) FROM (
        SELECT unnest(ARRAY[gone.cluster_id, come.cluster_id]) AS cluster,
            unnest(ARRAY[-members.count, members.count]) AS count,
            unnest(ARRAY[-members.doubts, members.doubts]) AS doubts
        FROM gone JOIN come ON come.id = gone.id AND come.cluster_id <> gone.cluster_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS count,
                COALESCE(sum(faces_doubt_of(how, similarity)), 0)::bigint AS doubts
            FROM faces_membership WHERE part_id = gone.id
        ) AS members
    ) AS each;
    RETURN NULL;
END $$;
CREATE TRIGGER faces_tally_parts_change AFTER UPDATE ON faces_part
    REFERENCING OLD TABLE AS gone NEW TABLE AS come
    FOR EACH STATEMENT EXECUTE FUNCTION faces_tally_parts_change();
"""
_NO_TRIGGERS = """
DROP TRIGGER faces_tally_parts_change ON faces_part;
DROP TRIGGER faces_tally_members_change ON faces_membership;
DROP TRIGGER faces_tally_members_go ON faces_membership;
DROP TRIGGER faces_tally_members_come ON faces_membership;
DROP TRIGGER faces_tally_clusters ON faces_cluster;
DROP FUNCTION faces_tally_parts_change();
DROP FUNCTION faces_tally_members_change();
DROP FUNCTION faces_tally_members_go();
DROP FUNCTION faces_tally_members_come();
DROP FUNCTION faces_tally_clusters();
DROP FUNCTION faces_add_to_tallies(bigint[], bigint[], bigint[]);
DROP FUNCTION faces_doubt_of(text, double precision);
"""
# In the transaction of the triggers, which keep others from writing until it ends: none is missed.
_THOSE_THERE = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO faces_tally (cluster_id, face_count, doubts)
SELECT cluster.id, count(member.id),
    COALESCE(sum(faces_doubt_of(member.how, member.similarity)), 0)
FROM faces_cluster AS cluster
LEFT JOIN faces_part AS part ON part.cluster_id = cluster.id
LEFT JOIN faces_membership AS member ON member.part_id = part.id
GROUP BY cluster.id;
SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    """Clusters know how large they are, and how much in doubt."""

    dependencies = [("faces", "0007_face_with_photo")]

    operations = [
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "cluster",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="tally",
                        serialize=False,
                        to="faces.cluster",
                    ),
                ),
                ("face_count", models.PositiveIntegerField(default=0)),
                (
                    "doubts",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="Thousandths: the sum of 1 - similarity of those that nobody has "
                        "placed there.",
                    ),
                ),
                (
                    "doubt",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.expressions.CombinedExpression(
                            models.F("doubts"),
                            "/",
                            django.db.models.functions.comparison.Greatest(
                                models.F("face_count"), 1
                            ),
                        ),
                        help_text="Thousandths, in the mean of all its faces.",
                        output_field=models.PositiveBigIntegerField(),
                    ),
                ),
            ],
        ),
        migrations.RunSQL(_TRIGGERS, _NO_TRIGGERS),
        migrations.RunSQL(_THOSE_THERE, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(fields=["-face_count", "cluster"], name="tally_biggest_first"),
        ),
        migrations.AddIndex(
            model_name="tally",
            index=models.Index(fields=["-doubt", "cluster"], name="tally_most_doubtful_first"),
        ),
    ]
