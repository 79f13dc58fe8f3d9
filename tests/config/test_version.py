"""The version and where it shows."""

import re
from pathlib import Path

import pytest
from django.urls import reverse
from packaging.version import Version

from config import __version__, serve
from tests.factories import UserFactory

CHANGES = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


def test_staff_see_the_version_at_the_foot_of_the_desk(admin_client):
    """Whoever reports a fault can name the release."""
    assert f"Communiqué {__version__}</p>" in admin_client.get(reverse("admin:index")).text


@pytest.mark.page
@pytest.mark.django_db
@pytest.mark.parametrize("name", ["articles:home", "account_login", "admin:index"])
def test_nobody_else_learns_the_version(client, name):
    """Neither readers, nor strangers before the desk, nor accounts without access to it."""
    client.force_login(UserFactory(is_staff=False))
    assert __version__ not in client.get(reverse(name), follow=True).text


def test_server_prints_the_version(capsys):
    """`config.serve --version` starts nothing."""
    with pytest.raises(SystemExit) as ended:
        serve.parser().parse_args(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"Communiqué {__version__}\n"


def test_changelog_has_the_version():
    """A release has its section and its day; what is not released stands above them all."""
    titles = re.findall(r"^## (.+)$", CHANGES.read_text(), re.MULTILINE)
    releases = [title for title in titles if title != "Unreleased"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", title) for title in releases)
    versions = [Version(title.split()[0]) for title in releases]
    assert versions == sorted(versions, reverse=True)
    version = Version(__version__)
    if version.is_devrelease:
        assert titles[0] == "Unreleased"
        assert version > versions[0]
    else:
        assert version == versions[0]
