from django.db import migrations

MAKE = r"""
CREATE SCHEMA kizu;
COMMENT ON SCHEMA kizu IS 'Tables that Kizu had in Supabase, as views: see docs/upgrading/kizu.md.';

CREATE FUNCTION kizu.as_uuid(said text, number bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN said ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' THEN said::uuid
    ELSE lpad(to_hex(number), 32, '0')::uuid
END;

CREATE VIEW kizu.assets AS
SELECT
    kizu.as_uuid(named.external_id, photo.id) AS id,
    kizu.as_uuid(owner.subject, owner.id) AS user_id,
    photo.id AS photo_id,
    photo.media_type AS mime_type,
    photo.size_bytes,
    photo.width,
    photo.height,
    photo.taken_at,
    photo.latitude,
    photo.longitude,
    photo.thumbnail,
    photo.created_at
FROM photos_photo AS photo
JOIN photos_owner AS owner ON owner.id = photo.owner_id
LEFT JOIN photos_reference AS named ON named.photo_id = photo.id
    AND named.external_id ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$';

CREATE VIEW kizu.album_assets AS
SELECT id AS asset_id, user_id, thumbnail, created_at FROM kizu.assets;

CREATE VIEW kizu.image_embeddings AS
SELECT
    kizu.as_uuid('', seen.id) AS id,
    asset.id AS asset_id,
    asset.user_id,
    seen.vector AS embedding,
    space.name AS model_name
FROM search_imagevector AS seen
JOIN photos_space AS space ON space.id = seen.space_id
JOIN kizu.assets AS asset ON asset.photo_id = seen.photo_id;

CREATE VIEW kizu.face_clusters AS
SELECT
    kizu.as_uuid('', cluster.id) AS id,
    cluster.public_id,
    kizu.as_uuid(owner.subject, owner.id) AS user_id,
    person.name,
    nullif(person.contact_id, '') AS contact_id,
    tally.face_count,
    cluster.created_at
FROM faces_cluster AS cluster
JOIN photos_owner AS owner ON owner.id = cluster.owner_id
JOIN faces_tally AS tally ON tally.cluster_id = cluster.id
LEFT JOIN faces_person AS person ON person.id = cluster.person_id;

CREATE VIEW kizu.face_embeddings AS
SELECT
    kizu.as_uuid('', face.id) AS id,
    asset.id AS asset_id,
    asset.user_id,
    kizu.as_uuid('', part.cluster_id) AS cluster_id,
    seen.vector AS embedding,
    space.name AS model_name,
    jsonb_build_object(
        'x', face.x, 'y', face.y, 'width', face.width, 'height', face.height
    ) AS bounding_box,
    face.confidence,
    face.created_at
FROM faces_face AS face
JOIN faces_facevector AS seen ON seen.face_id = face.id
JOIN photos_space AS space ON space.id = seen.space_id
JOIN kizu.assets AS asset ON asset.photo_id = face.photo_id
LEFT JOIN faces_membership AS member ON member.face_id = face.id
LEFT JOIN faces_part AS part ON part.id = member.part_id;

CREATE VIEW kizu.detected_objects AS
SELECT
    kizu.as_uuid('', seen.id) AS id,
    asset.id AS asset_id,
    asset.user_id,
    seen.label,
    seen.confidence,
    jsonb_build_object(
        'x', seen.x, 'y', seen.y, 'width', seen.width, 'height', seen.height
    ) AS bounding_box,
    seen.recipe AS model_name
FROM search_detectedobject AS seen
JOIN kizu.assets AS asset ON asset.photo_id = seen.photo_id;

CREATE VIEW kizu.processing_queue AS
SELECT
    kizu.as_uuid('', item.id) AS id,
    kizu.as_uuid(item.external_id, item.photo_id) AS asset_id,
    kizu.as_uuid(owner.subject, owner.id) AS user_id,
    CASE item.state
        WHEN 'succeeded' THEN 'completed'
        WHEN 'processing' THEN 'processing'
        WHEN 'queued' THEN 'pending'
        WHEN 'paused' THEN 'pending'
        ELSE 'failed'
    END AS status,
    job.operations::text[] AS operations,
    nullif(item.worker, '') AS worker_id,
    least(10, 11 - item.priority)::int AS priority,
    item.attempts::int AS attempts,
    CASE WHEN item.state = 'succeeded'
        THEN jsonb_build_object('photo_id', item.photo_id, 'stage_ms', item.stage_ms)
    END AS result,
    CASE item.state
        WHEN 'failed' THEN item.error_code || ': ' || item.error_detail
        WHEN 'cancelled' THEN 'cancelled'
    END AS error,
    item.created_at,
    item.started_at,
    item.finished_at AS completed_at
FROM jobs_item AS item
JOIN jobs_job AS job ON job.id = item.job_id
JOIN photos_owner AS owner ON owner.id = item.owner_id
WHERE item.source <> 'none';

-- Who claims by SQL could store nothing, and the job would count as one that its worker died with.
CREATE FUNCTION kizu.claim_processing_job(worker_id text) RETURNS SETOF kizu.processing_queue
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'Jobs are not claimed by SQL, as their results are stored over HTTP.'
        USING ERRCODE = 'feature_not_supported',
            HINT = 'Run run_worker.py, or claim by POST /api/v1/worker/claim: '
                'see docs/remote-workers.md.';
END
$$;

-- Leases see to it, all the time: there is never one left to be reset.
CREATE FUNCTION kizu.reset_stale_processing_jobs() RETURNS integer
LANGUAGE sql IMMUTABLE
RETURN 0;
"""


class Migration(migrations.Migration):
    """Kizu's tables as views of ours, in a schema of their own; nobody else may read them yet.

    A later migration that changes a column which they show drops the schema first (CASCADE), and
    makes it again as it is then.
    """

    dependencies = [
        ("jobs", "0014_arguments_of_doors"),
        ("photos", "0014_reference_by_name"),
        ("faces", "0014_faces_in_order"),
        ("search", "0009_looks"),
    ]

    operations = [migrations.RunSQL(MAKE, "DROP SCHEMA kizu CASCADE")]
