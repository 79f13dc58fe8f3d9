"""Prepare the demo newsroom and serve it: `python -m config.demo [--port 8000]`.

All data is in `var/demo`; removing that directory resets the demo.
"""

import argparse
import hashlib
import os
import secrets
import subprocess
import sys
from pathlib import Path

from config import serve

CHECKOUT = Path(__file__).resolve().parent.parent
HOME = CHECKOUT / "var" / "demo"


def main() -> None:
    """Prepare the demo, print its addresses, start a worker and become the server."""
    reader = argparse.ArgumentParser(prog="make demo", description="Run the demo newsroom.")
    reader.add_argument("--port", type=serve.port, default=8000)
    options = reader.parse_args()
    HOME.mkdir(parents=True, exist_ok=True)
    # Every setting, so that neither .env nor the shell can point the demo, with its well-known
    # passwords, at a real newsroom's data.
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings",
        DEBUG="false",
        DEMO="true",
        SECRET_KEY=secret_key(HOME / "secret-key"),
        ALLOWED_HOSTS="localhost,127.0.0.1,[::1]",
        DATA_DIR=str(HOME),
        DATABASE_URL=f"sqlite:///{HOME / 'db.sqlite3'}",
        SITE_NAME="Communiqué",
        TAG_AUTHORITY="communique.example,2025",
        TIME_ZONE="UTC",
        HTTPS="false",
        TRUST_PROXY_HEADERS="false",
        SENDFILE_PREFIX="",
        SITE_URL=f"http://localhost:{options.port}",
        WEBSUB_HUB="",
        EMAIL_URL="",  # mails are printed
        MAIL_FROM="",
        PAGE_STORE_MB="64",
        REDIS_URL="",
        PAGE_STORE_FILES_MB="512",
        SECOND_STEP_KEYS="",
        AUDIT_LOG_DAYS="730",
        BACKUP_DIR="",
        BACKUPS_KEPT="14",
        STALE_IF_DOWN_SECONDS="0",
        STATEMENT_TIMEOUT_SECONDS="30",
        LOG_FORMAT="text",
        LOG_LEVEL="INFO",
    )
    serve.check_port("127.0.0.1", options.port)
    prepare()
    print(guide(options.port), flush=True)
    # The worker exits when the server, which this process becomes, has exited.
    worker = [sys.executable, "manage.py", "worker", f"--parent={os.getpid()}"]
    subprocess.Popen(worker, cwd=CHECKOUT)  # noqa: S603 - a program of our own
    os.execv(  # noqa: S606 - no shell is wanted
        sys.executable,
        [sys.executable, "-m", "config.serve", f"--port={options.port}", "--workers=2"],
    )


def secret_key(path: Path) -> str:
    """Return the demo's secret key, created on the first run and readable by its owner only."""
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
    return path.read_text().strip()


def prepare() -> None:
    """Migrate the database, collect static files and load the demo content if it is missing."""
    import django  # noqa: PLC0415 - the environment above must be set first
    from django.core.management import call_command  # noqa: PLC0415

    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static()
    call_command("load_demo")


def collect_static() -> None:
    """Collect the static files if one of them changed, since compressing them takes seconds."""
    from django.conf import settings  # noqa: PLC0415 - needs the environment
    from django.contrib.staticfiles.finders import get_finders  # noqa: PLC0415
    from django.core.management import call_command  # noqa: PLC0415

    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            stat = Path(storage.path(name)).stat()
            digest.update(f"{name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    stamp = HOME / "static-stamp"
    complete = settings.STATIC_ROOT.is_dir() and stamp.exists()
    if complete and stamp.read_text() == digest.hexdigest():
        return
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def guide(port: int) -> str:
    """Return the text that lists the demo's addresses."""
    site = f"http://localhost:{port}"
    return f"""
The demo newsroom runs at {site} until you press Ctrl+C.

  {site}/regions/southern-neighbourhood/   a region's timeline
  {site}/articles/                         the articles
  {site}/feeds/                            feeds and calendars of all of it
  {site}/admin/                            the desk: sign in with an account above
"""


if __name__ == "__main__":
    main()
