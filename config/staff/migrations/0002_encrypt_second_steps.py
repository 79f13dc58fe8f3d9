from django.db import migrations

from config.staff.encryption import rotate


def encrypt(apps, schema_editor):
    rotate(apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias))


class Migration(migrations.Migration):

    dependencies = [
        ("staff", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(encrypt, migrations.RunPython.noop)]
