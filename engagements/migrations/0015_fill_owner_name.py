from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0014_owner_name'),
    ]

    operations = [
        migrations.RunSQL(
            'UPDATE engagements_action SET owner_name = COALESCE('
            '(SELECT name FROM engagements_country WHERE id = owner_country_id),'
            ' (SELECT name FROM engagements_organisation WHERE id = owner_organisation_id),'
            ' owner_text)',
            migrations.RunSQL.noop,
        ),
    ]
