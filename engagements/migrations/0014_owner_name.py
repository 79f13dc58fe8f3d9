import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0013_visit_place'),
    ]

    operations = [
        migrations.AlterField(
            model_name='action',
            name='owner_country',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_actions', to='engagements.country', verbose_name='country that owns it'),
        ),
        migrations.AlterField(
            model_name='action',
            name='owner_organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='owned_actions', to='engagements.organisation', verbose_name='organisation that owns it'),
        ),
        migrations.AddField(
            model_name='action',
            name='owner_name',
            field=models.CharField(blank=True, db_default='', editable=False, max_length=200),
        ),
    ]
