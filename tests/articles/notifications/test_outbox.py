"""The outbox and its worker, with a WebSub hub of the test's own."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from articles.caching.batch import batched_refresh
from articles.management.commands import worker
from articles.models import Message
from articles.notifications import outbox
from articles.pagination import ArchiveCursor
from articles.publishing.workflow import publish, withdraw
from engagements.models import ActionUpdate
from tests.factories import (
    ActionFactory,
    EngagementFactory,
    OutcomeFactory,
    TopicFactory,
    UserFactory,
    make_draft,
    make_public,
)

pytestmark = pytest.mark.django_db

HOUR = dt.timedelta(hours=1)
CHECKOUT = Path(__file__).resolve().parents[3]


class Hub(HTTPServer):
    """Notes what it is told; answers with `status`."""

    status = 202

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Note)
        self.heard: list[list[str]] = []


class _Note(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = parse_qs(body)
        assert told["hub.mode"] == ["publish"]
        self.server.heard.append(told["hub.url"])
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args) -> None:
        pass


@pytest.fixture
def hub(settings) -> Iterator[Hub]:
    with Hub() as server:
        settings.WEBSUB_HUB = f"http://127.0.0.1:{server.server_port}/"
        settings.SITE_URL = "https://news.example.org"
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server
        server.shutdown()


def test_hub_hears_which_feeds_have_news(hub, client):
    """A publication tells the hub the feeds of the site and of all that its visit is about."""
    topic = TopicFactory(slug="energy")
    make_public(timezone.now(), engagement=EngagementFactory(topics=[topic]), topics=[topic])
    call_command("worker", "--once")
    heard = {url for urls in hub.heard for url in urls}
    site = "https://news.example.org"
    for path in ("/", "/regions/north-africa/", "/countries/dz/", "/topics/energy/"):
        assert {f"{site}{path}feed.{form}" for form in ("rss", "atom", "json")} <= heard
    assert not Message.objects.exists()


def test_feeds_name_the_hub_that_hears_of_them(hub, client):
    """A feed without filters names the hub in itself and in its header; another one names none."""
    make_public()
    for address in ("/feed.rss", "/countries/dz/feed.atom", "/feed.json"):
        response = client.get(address)
        assert f'<http://127.0.0.1:{hub.server_port}>; rel="hub"' in response["Link"].replace(
            f"{hub.server_port}/", str(hub.server_port)
        )
        assert f"127.0.0.1:{hub.server_port}" in response.content.decode()
    older = f"before={ArchiveCursor(timezone.now(), 1)}"
    for query in (f"/countries/dz/feed.atom?{query}" for query in ("year=2025", older)):
        response = client.get(query)
        assert "hub" not in response["Link"]
        assert f"127.0.0.1:{hub.server_port}" not in response.content.decode()


def test_scheduled_news_waits_for_its_minute(hub, monkeypatch):
    """Nobody hears of an embargoed article before its hour; then the hub does."""
    draft = make_draft()
    Message.objects.all().delete()
    at = timezone.now() + HOUR
    publish(draft, by=UserFactory(), at=at)
    assert outbox.send_due() == 0
    monkeypatch.setattr(timezone, "now", lambda: at)
    assert outbox.send_due() > 0
    assert any("/feed.rss" in url for urls in hub.heard for url in urls)


def test_withdrawal_correction_and_promise_are_told(hub):
    """A feed that loses an item changes too, and so do those of corrections and promises."""
    edition = make_public()
    make_public(timezone.now(), article=edition.article, public_note="Mended.", is_correction=True)
    ActionUpdate.objects.create(
        action=ActionFactory(), status="under_way", text="Begun.", date=dt.date(2025, 3, 1),
        reported_by=UserFactory(),
    )  # fmt: skip
    told = {name for message in Message.objects.all() for name in message.payload}
    assert {"0:0", "corrections", "updates"} <= told
    Message.objects.all().delete()
    withdraw(edition.article, reason="Mistaken.")
    assert any("0:0" in message.payload for message in Message.objects.all())


def test_update_of_a_promise_is_told_from_its_visits_minute_on(hub):
    """A hub that asked sooner would find nothing new; of a draft it hears nothing."""
    at = timezone.now() + HOUR
    for public_from in (None, at):
        visit = EngagementFactory(public_from=public_from)
        ActionUpdate.objects.create(
            action=ActionFactory(outcome=OutcomeFactory(engagement=visit)), status="under_way",
            text="Begun.", date=dt.date(2025, 3, 1), reported_by=UserFactory(),
        )  # fmt: skip
    told = [message.due_at for message in Message.objects.all() if "updates" in message.payload]
    assert told == [at]


def test_update_reported_of_a_draft_is_told_when_its_visit_is_public(hub):
    """The feed of promises is told at the visit's minute, when it is moved, and once more if the
    visit is withdrawn; not of a visit without updates, and not of what nobody has confirmed."""
    now = timezone.now()
    for status in (None, "done", "under_way"):
        visit = EngagementFactory(public_from=None)
        if status:
            ActionUpdate.objects.create(
                action=ActionFactory(outcome=OutcomeFactory(engagement=visit)), status=status,
                text="Begun.", date=dt.date(2025, 3, 1), reported_by=UserFactory(),
            )  # fmt: skip
        Message.objects.all().delete()
        for public_from in (now + HOUR, now + 2 * HOUR, now - HOUR):
            visit.public_from = public_from
            visit.save()
            visit.save()
        visit.withdrawn_at, visit.withdrawn_reason = timezone.now(), "Mistaken."
        visit.save()
        rows = Message.objects.filter(payload=["updates"]).order_by("pk")
        told = [message.due_at for message in rows]
        if status == "under_way":
            assert told[:2] == [now + HOUR, now + 2 * HOUR]
            assert len(told) == 4
            assert all(now <= at <= timezone.now() for at in told[2:])
        else:
            assert told == []


def test_nothing_is_written_without_a_hub():
    """Where no hub is named there is nobody to tell."""
    make_public()
    assert not Message.objects.exists()


@pytest.mark.parametrize("named", [True, False])
def test_updates_of_many_visits_are_asked_for_once(request, named):
    """Twenty visits that come out together cost one query with a hub, and none without."""
    if named:
        request.getfixturevalue("hub")
    with CaptureQueriesContext(connection) as queries, transaction.atomic(), batched_refresh():
        EngagementFactory.create_batch(20)
    asked = [q for q in queries if 'FROM "engagements_actionupdate"' in q["sql"]]
    assert len(asked) == named


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_is_not_told(hub):
    """A message is there if and only if its change was committed."""
    draft = make_draft()
    Message.objects.all().delete()
    with transaction.atomic():
        publish(draft, by=UserFactory())
        assert Message.objects.exists()
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_failure_is_tried_again_later_and_given_up_in_the_end(hub, monkeypatch):
    """Each attempt waits twice as long as the one before; the tenth is the last."""
    hub.status = 503
    now = timezone.now()
    Message.objects.create(kind="websub", payload=["0:0"], due_at=now)
    waits = []
    for _attempt in range(outbox.MOST_ATTEMPTS):
        monkeypatch.setattr(timezone, "now", lambda now=now: now)
        assert outbox.send_due() == 1
        assert outbox.send_due() == 0
        message = Message.objects.get()
        assert "503" in message.last_error
        if message.due_at:
            waits.append(message.due_at - now)
            now = message.due_at
    assert waits == [outbox.FIRST_RETRY * 2**n for n in range(outbox.MOST_ATTEMPTS - 1)]
    assert message.due_at is None
    assert len(hub.heard) == outbox.MOST_ATTEMPTS


def test_message_of_an_unknown_kind_does_not_stop_the_others(hub):
    """Whatever is wrong with one message, the next is sent."""
    Message.objects.create(kind="pigeon", payload=[], due_at=timezone.now() - HOUR)
    Message.objects.create(kind="websub", payload=["0:0"])
    assert outbox.send_due() == 2
    assert len(hub.heard) == 1
    assert "KeyError" in Message.objects.get().last_error


def test_message_that_another_worker_has_is_left_alone(hub):
    """Two workers that see the same message send it once."""
    message = Message.objects.create(kind="websub", payload=["0:0"])
    other = Message.objects.get()
    assert outbox._claim(message)
    assert not outbox._claim(other)


@pytest.mark.parametrize("how", ["terminate", "parent ends"])
def test_worker_ends_when_told_to(tmp_path, how):
    """The worker ends on SIGTERM, and with its parent where it was started so."""
    # The parent prints the worker's pid and lives until its standard input ends.
    program = (
        "import os, subprocess, sys\n"
        "worker = subprocess.Popen([sys.executable, 'manage.py', 'worker', '--interval=0.1',"
        " f'--parent={os.getpid()}'], stdin=subprocess.DEVNULL)\n"
        "print(worker.pid, flush=True)\nsys.stdin.read()\n"
        + ("worker.terminate()\nsys.exit(worker.wait())" if how == "terminate" else "")
    )
    with running(program, tmp_path) as parent:
        pid = int(parent.stdout.readline())
        # It looks into its outbox, and there is none.
        assert "The outbox could not be read" in parent.stderr.readline()
        parent.communicate("")
        deadline = time.monotonic() + 60
        while alive(pid) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not alive(pid)
        if how == "terminate":
            assert parent.returncode == 0


@pytest.mark.parametrize("interval", [1e-6, 3600])
def test_worker_ends_whatever_it_is_at_when_the_signal_comes(tmp_path, interval):
    """A signal that arrives while the worker begins or ends a wait stops it, hundreds of times."""
    program = (
        "import django, sys\ndjango.setup()\n"
        "from articles.management.commands import worker\n"
        "worker.overdue = lambda now: print('working', flush=True)\n"
        "worker.delete_discarded_files = lambda now: None\n"
        "worker.send_due = lambda **_how: 0\n"
        "for line in sys.stdin:\n"
        f"    worker.Command().handle(once=False, interval={interval}, parent=None)\n"
        "    print('ended', flush=True)"
    )
    with running(program, tmp_path) as process:
        for time_in_work in range(300):
            process.stdin.write("work\n")
            process.stdin.flush()
            assert "working\n" in process.stdout
            time.sleep(time_in_work / 1e6)
            process.terminate()
            assert "ended\n" in process.stdout  # reads on until it says so, or has ended
        process.communicate("")
        assert process.returncode == 0


def stop() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture
def stoppable() -> Iterator[None]:
    """Let a worker run in the test's process until it is stopped, within half a minute."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    at_the_latest = threading.Timer(30, stop)
    at_the_latest.start()
    yield
    assert at_the_latest.is_alive(), "nothing stopped the worker"
    at_the_latest.cancel()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.django_db(transaction=True)
def test_worker_stops_before_the_next_message(monkeypatch, stoppable):
    """However many wait."""
    monkeypatch.setitem(outbox._handlers, "stop", lambda _message: (stop(), time.sleep(0.5)))
    for _message in range(3):
        Message.objects.create(kind="stop", payload=[])
    call_command("worker")
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("hangs", ["mail", "websub"])
def test_system_that_hangs_delays_no_other_and_no_stop(monkeypatch, stoppable, hangs):
    """While one waits for its answer the other's message is sent, and the worker ends in 2 s."""
    released, arrived = threading.Event(), []
    (other,) = {"mail", "websub"} - {hangs}
    monkeypatch.setitem(outbox._handlers, hangs, lambda _message: released.wait(30))

    def arrive(message: Message) -> None:
        arrived.append(time.monotonic())
        stop()

    monkeypatch.setitem(outbox._handlers, other, arrive)
    Message.objects.create(kind=hangs, payload=[], due_at=timezone.now() - HOUR)
    Message.objects.create(kind=other, payload=[])
    call_command("worker", "--interval=0.1")
    took = time.monotonic() - arrived[0]
    released.set()
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        if "send_queue" in thread.name:
            thread.join()
    assert took < 2
    assert Message.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_worker_ends_with_a_failure_of_a_queue(monkeypatch, stoppable):
    """What stands still is not left running: whoever looks after the worker starts it again."""
    monkeypatch.setattr(threading, "excepthook", lambda _failure: None)
    monkeypatch.setattr(worker, "send_due", lambda **_how: 1 / 0)
    with pytest.raises(CommandError, match="queue has failed"):
        call_command("worker", "--interval=0.1")


@pytest.mark.parametrize("interval", ["0", "-1", "nan", "inf", "3601", "often"])
def test_worker_refuses_an_interval_that_is_no_time(interval):
    with pytest.raises(CommandError, match=f"'{interval}' is no interval"):
        call_command("worker", "--once", f"--interval={interval}")


@contextlib.contextmanager
def running(program: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process with pipes that runs a program in the checkout, with the demo's settings.

    Neither it nor what it started outlives the test, or two minutes: a test that waits for one
    that hangs then reads its end.
    """
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings", "DEMO": "true", "DATA_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
    }  # fmt: skip
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=CHECKOUT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:  # fmt: skip
        limit = threading.Timer(120, kill_group, [process.pid])
        limit.start()
        try:
            yield process
            assert limit.is_alive(), "it hung and was ended"
        finally:
            limit.cancel()
            kill_group(process.pid)


def kill_group(number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(number, signal.SIGKILL)


def alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
