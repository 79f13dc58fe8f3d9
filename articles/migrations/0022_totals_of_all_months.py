from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0021_backups'),
    ]

    operations = [
        # The totals of all months, as kinds that release 0.1.0 does not add up with the others'; people
        # (kind 3), who have none by month, are counted.
        migrations.RunSQL(
            """
            INSERT INTO articles_timelinetotal (kind, subject, month, count)
            SELECT 200 + kind, subject, 0, SUM(count) FROM articles_timelinetotal GROUP BY kind, subject
            """,
            'DELETE FROM articles_timelinetotal WHERE kind >= 100',
        ),
        migrations.RunSQL(
            """
            INSERT INTO articles_timelinetotal (kind, subject, month, count)
            SELECT 200 + kind, subject, 0, COUNT(*) FROM articles_timelineentry
            WHERE kind = 3 GROUP BY kind, subject
            """,
            migrations.RunSQL.noop,
        ),
        # By month, those of a region's visits (kind 1) that took place (7:3).
        migrations.RunSQL(
            """
            INSERT INTO articles_timelinetotal (kind, subject, month, count)
            SELECT 100, subject, sort_key / 100, COUNT(*) FROM articles_timelineentry
            WHERE kind = 1 AND (terms LIKE '% 7:3 %' OR terms IS NULL AND engagement_id IN (
                SELECT engagement_id FROM articles_timelineentry
                WHERE kind = 7 AND subject = 3 AND terms IS NULL
            ))
            GROUP BY subject, sort_key / 100
            """,
            migrations.RunSQL.noop,
        ),
    ]
