from django.db import migrations, models

from config.operations import AddIndexConcurrently


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('engagements', '0015_fill_owner_name'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='action',
            index=models.Index(fields=['status', 'owner_name', 'due_date'], name='action_in_order'),
        ),
    ]
