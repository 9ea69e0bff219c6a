from django.db import migrations

# Jobs that were done before there was a word for it are told to nobody now.
FILL = """
UPDATE jobs_item SET owner_id = job.owner_id, rank = jobs_item.priority
FROM jobs_job AS job WHERE job.id = jobs_item.job_id;
UPDATE jobs_job SET finished_at = statement_timestamp() WHERE NOT EXISTS (
    SELECT FROM jobs_item
    WHERE job_id = jobs_job.id AND state IN ('queued', 'paused', 'processing')
);
"""


class Migration(migrations.Migration):
    dependencies = [("jobs", "0003_queue")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
