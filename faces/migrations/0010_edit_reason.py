from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("faces", "0009_sittings")]

    operations = [
        migrations.AddField(
            model_name="edit",
            name="reason",
            field=models.CharField(
                blank=True, db_default="", help_text="Why, as the actor says.", max_length=200
            ),
        ),
    ]
