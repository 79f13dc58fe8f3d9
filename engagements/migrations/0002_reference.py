"""Countries, their names, M49 areas and a starting set of editorial regions."""

from django.db import migrations

from engagements import reference


def load(apps, schema_editor):
    reference.load(apps)


class Migration(migrations.Migration):
    dependencies = [("engagements", "0001_initial")]

    operations = [migrations.RunPython(load, migrations.RunPython.noop, elidable=False)]
