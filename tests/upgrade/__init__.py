"""The last release, against which an upgrade is tested: migrations, schema and code.

`release.tar.xz` has its code, so that no test needs the history or the tags of a full clone;
`make release-archive` writes it when a release is cut.
"""

import tarfile
from functools import cache
from pathlib import Path, PurePath

ARCHIVE = Path(__file__).with_name("release.tar.xz")
# The labels of our apps, by the directories of their migrations.
APPS = {"articles": "articles", "config/staff": "staff", "engagements": "engagements"}


@cache
def released_migrations() -> dict[tuple[str, str], bytes]:
    """Return the source of each migration in the last release, by app label and name."""
    found = {}
    with tarfile.open(ARCHIVE) as archive:
        for member in archive:
            path = PurePath(member.name)
            label = APPS.get(str(path.parents[1])) if path.parent.name == "migrations" else None
            if label and path.stem != "__init__":
                file = archive.extractfile(member)
                assert file is not None
                found[label, path.stem] = file.read()
    return found
