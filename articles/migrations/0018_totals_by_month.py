from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0017_words_of_the_field'),
    ]

    operations = [
        # The totals of two terms together; those of one term stay as they are.
        migrations.RunSQL(
            'DELETE FROM articles_timelinetotal WHERE other_kind <> 0',
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(
            model_name='timelinetotal',
            name='timelinetotal_unique',
        ),
        migrations.RemoveField(
            model_name='timelinetotal',
            name='other_kind',
        ),
        migrations.RemoveField(
            model_name='timelinetotal',
            name='other_subject',
        ),
        migrations.RenameField(
            model_name='timelinetotal',
            old_name='period',
            new_name='month',
        ),
        migrations.AddConstraint(
            model_name='timelinetotal',
            constraint=models.UniqueConstraint(fields=('kind', 'subject', 'month'), name='timelinetotal_unique'),
        ),
    ]
