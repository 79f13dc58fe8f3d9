from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0019_story_picture'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScopeVersion',
            fields=[
                ('scope', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField(db_index=True)),
            ],
        ),
    ]
