"""The secrets of second steps are encrypted in the database, and their key can change."""

import json
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from config import environment
from config.staff.encryption import count_plain
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def totp() -> TOTP:
    return TOTP.activate(UserFactory(), SECRET)


def code() -> str:
    return format_hotp_value(hotp_value(SECRET, int(time.time()) // 30))


def stored() -> str:
    """Return all columns of second steps as they stand in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        return json.dumps(cursor.fetchall())


def accepts(row: Authenticator) -> bool:
    return Authenticator.objects.get(pk=row.pk).wrap().validate_code(code())


def test_secrets_are_not_in_the_database(totp):
    """Neither of the app nor of the recovery codes; both still do."""
    codes = RecoveryCodes.activate(totp.instance.user)
    assert SECRET not in stored()
    assert stored().count("gAAAAA") == 2
    assert accepts(totp.instance)
    assert codes.validate_code(codes.generate_codes()[3])


def test_plain_secrets_of_an_older_release_work_and_are_encrypted(totp):
    """By the command, which the doctor asks for; a repetition leaves them as they are to read."""
    totp.instance.data = {"secret": SECRET}
    totp.instance.save()
    codes = RecoveryCodes(
        Authenticator.objects.create(
            user=UserFactory(), type="recovery_codes", data={"migrated_codes": ["ab12", "cd34"]}
        )
    )
    key = Authenticator.objects.create(user=UserFactory(), type="webauthn", data={"name": "Key"})
    assert SECRET in stored()
    assert accepts(totp.instance)
    assert count_plain() == 2
    for _time in range(2):
        call_command("encrypt_second_steps")
        assert count_plain() == 0
        assert SECRET not in stored()
        assert "ab12" not in stored()
    assert codes.generate_codes() == ["ab12", "cd34"]
    codes.instance.refresh_from_db()
    assert codes.validate_code("cd34")
    key.refresh_from_db()
    assert key.data == {"name": "Key"}


def test_key_changes(totp, settings, capsys):
    """With the new one in front both work; after the command the old one can go."""
    old, new = settings.SECOND_STEP_KEYS, Fernet.generate_key().decode()
    settings.SECOND_STEP_KEYS = [new, *old]
    assert totp.validate_code(code())
    call_command("encrypt_second_steps")
    assert capsys.readouterr().out.startswith("1 second steps")
    settings.SECOND_STEP_KEYS = [new]
    cache.clear()  # a code is not taken twice
    assert accepts(totp.instance)


def test_lost_key_lets_nobody_in(totp, settings, caplog):
    """The form says that the code is wrong; the command changes nothing."""
    codes = RecoveryCodes.activate(totp.instance.user)
    before = stored()
    settings.SECOND_STEP_KEYS = [Fernet.generate_key().decode()]
    assert not accepts(totp.instance)
    assert "lacks the key" in caplog.text
    assert not codes.validate_code("12345678")
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("encrypt_second_steps")
    assert stored() == before


def test_keys_are_checked_at_the_start(monkeypatch):
    """A wrong one is refused without its value; the one derived from SECRET_KEY comes last."""
    first = Fernet.generate_key().decode()
    monkeypatch.setenv("KEYS", f" {first} ,")
    keys = environment.fernet_keys("KEYS", secret="s")
    assert keys[0] == first
    assert len(keys) == 2
    monkeypatch.setenv("KEYS", "hunter2")
    with pytest.raises(environment.SettingsError, match="a key in KEYS is not valid") as error:
        environment.fernet_keys("KEYS", secret="s")
    assert "hunter2" not in str(error.value)
