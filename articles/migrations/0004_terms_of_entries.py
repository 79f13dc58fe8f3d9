"""Entries name all terms of their engagement; `migrate` then makes the index anew."""

from django.db import migrations, models


def forget(apps, schema_editor):
    for name in ("TimelineEntry", "TimelineTotal"):
        apps.get_model("articles", name).objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0003_timeline"),
        ("engagements", "0004_public_from_index"),
    ]

    operations = [
        migrations.RunPython(forget, migrations.RunPython.noop),
        migrations.RemoveIndex(
            model_name='timelineentry',
            name='timelineentry_in_order',
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='lapses_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='terms',
            field=models.TextField(null=True),
        ),
        migrations.AddIndex(
            model_name='timelineentry',
            index=models.Index(fields=['kind', 'subject', '-sort_key', '-engagement', 'hidden_until', 'terms'], name='timelineentry_in_order'),
        ),
        migrations.AddIndex(
            model_name='timelineentry',
            index=models.Index(condition=models.Q(('lapses_at__isnull', False)), fields=['lapses_at'], name='timelineentry_lapsing'),
        ),
        migrations.AddIndex(
            model_name='timelineentry',
            index=models.Index(condition=models.Q(('terms__isnull', True)), fields=['kind', 'subject'], name='timelineentry_crowded'),
        ),
    ]
