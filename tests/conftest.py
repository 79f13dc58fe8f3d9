"""What every test may ask for, and the summary of what was left out."""

import contextlib
import gc
import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.core import serializers
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import CommandError
from django.core.signals import request_finished, request_started
from django.db import DEFAULT_DB_ALIAS, close_old_connections, connection, connections, transaction
from django.test import TransactionTestCase, client
from django.utils import timezone
from hypothesis import settings as hypothesis_settings

from articles.caching.watch import Watch
from articles.page_store import page_store
from articles.timeline.bulk_insert import bulk_insert
from config.page_store import PageStore, Version
from tests.tools import find_chromium, is_strict

if TYPE_CHECKING:
    from django.db.models import Model
    from playwright.sync_api import Browser, Page

# What a Chromium with windows does beside a page: suggestions below the address and a process that
# only waits, a quarter of its time. The others are Playwright's own, whose list ours replaces.
DISABLED_FEATURES = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess",
    "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)  # fmt: skip
BROWSER_FLAGS = [
    "--no-sandbox",  # containers and root have no user namespaces to build one from
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(DISABLED_FEATURES)}",
]

# Coverage is measured in pytest's processes: a program that a test starts may be killed before it
# has written what it ran.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

# A busy machine is slow without the code being so. Fewer examples than Hypothesis has unless told
# otherwise: what it finds, it finds in the first dozens.
hypothesis_settings.register_profile("suite", deadline=None, max_examples=50)
hypothesis_settings.load_profile("suite")


@pytest.fixture(autouse=True)
def private_media(settings, tmp_path: Path) -> Path:
    """Each test has its own directory for pictures."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return settings.MEDIA_ROOT


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Each test begins with an empty cache: a rolled back version would come again."""
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def widgets_forgotten() -> Iterator[None]:
    """Django's test client copies the context of every template: a form has a thousand widgets."""
    remember = client.store_rendered_templates

    def remember_pages(store: dict, signal: object, sender: object, template, context, **more):
        if not str(template.name).startswith(("django/forms/", "admin/widgets/")):
            remember(store, signal, sender, template, context, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "store_rendered_templates", remember_pages)
        yield


@pytest.fixture(autouse=True, scope="session")
def flushed_in_the_end() -> Iterator[None]:
    """A request may outlive its page, and hold a table when all are emptied: then try again."""
    flush = TransactionTestCase._fixture_teardown

    def patient(case: TransactionTestCase) -> None:
        for _attempt in range(3):
            with contextlib.suppress(CommandError):
                return flush(case)
        return flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", patient)
        yield


@pytest.fixture
def stored(db: None) -> Iterator[PageStore]:
    """The whole site behind its page store, which sees what the test has not committed."""

    watch = Watch(connection)

    def version() -> Version:
        # Begun in the future, so without a date: of what is not committed there is none.
        return watch()._replace(began=timezone.now().timestamp() + 3_600)

    # Between requests Django would close the connection that the test's transaction is on.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield page_store(WSGIHandler(), version=version, lease=0, share=1)
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> None:
    """Keep the migrated data where every connection of this session finds it.

    Django keeps it on the connection that made the database. Playwright's event loop makes
    Django use another one in the same thread, which would then restore nothing.
    """
    contents = getattr(connection, "_test_serialized_contents", None)
    if contents:
        type(connections[DEFAULT_DB_ALIAS])._test_serialized_contents = contents
        type(connection.creation).deserialize_db_from_string = lambda _self, data: restore(data)


def restore(contents: str) -> None:
    """Put the migrated data back; row by row, as Django does it, takes a hundred times as long."""
    if Permission.objects.exists():
        return  # before the first such test all of it is there
    with transaction.atomic(), connection.constraint_checks_disabled():
        for table, columns, rows in migrated(contents):
            bulk_insert(table, columns, rows)


Table = tuple[str, list[str], list[list]]


@lru_cache(maxsize=1)
def migrated(contents: str) -> list[Table]:
    """Return the columns and rows of each table, those between two others included."""
    found = defaultdict(list)
    for row in serializers.deserialize("json", contents):
        found[type(row.object)].append(row.object)
        for name, keys in row.m2m_data.items():
            field = row.object._meta.get_field(name)
            own, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
            between = field.remote_field.through
            found[between] += [between(**{own: row.object.pk, other: key}) for key in keys]
    return [as_table(model, objects) for model, objects in found.items()]


def as_table(model: type["Model"], objects: list["Model"]) -> Table:
    """Return what the database is told of the objects; without a key, it counts for itself."""
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.generated and not (field.primary_key and objects[0].pk is None)
    ]
    rows = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields]
        for row in objects
    ]
    return model._meta.db_table, [f'"{field.column}"' for field in fields], rows


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of a Chromium; without one the test is left out, and the summary says so."""
    path = find_chromium()
    if path is None:
        pytest.skip("no Chromium was found")
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """Return one headless Chromium for the session, driven by synchronous Playwright."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - slow, seldom needed

    # Milliseconds, as Playwright waits for all else: a busy machine takes ten seconds for a form.
    expect.set_options(timeout=30_000)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright leaves its event loop marked as running in this thread, so Django would
        # refuse the database to every later test; no coroutine ever touches it.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        instance = playwright.chromium.launch(
            executable_path=chromium, headless=True, args=BROWSER_FLAGS
        )
        yield instance
        instance.close()


@pytest.fixture
def page(browser: "Browser", live_server) -> Iterator["Page"]:
    """Return a fresh page whose relative addresses are the live server's."""
    context = browser.new_context(base_url=live_server.url, locale="en-GB", timezone_id="UTC")
    yield context.new_page()
    context.close()


def pytest_xdist_auto_num_workers() -> int | None:
    """Run one process more than there are cores: a fifth of the time is waiting for a browser."""
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None  # as many as that says
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep migrated data for tests that commit, and run each test where it belongs."""
    for item in items:
        if is_transactional(item):
            # Such a test ends by emptying every table, countries and regions included.
            kept = pytest.mark.django_db(transaction=True, serialized_rollback=True)
            item.add_marker(kept, append=False)
    # Deselected rather than skipped: the other database has a run of its own.
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
    deselected = [
        item
        for item in items
        if item.get_closest_marker(other)
        # What is not about a database gives the same answer in either run.
        or (connection.vendor == "postgresql" and not is_about_database(item))
    ]
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in deselected]
    items.sort(key=order)


def order(item: pytest.Item) -> int:
    """Return where a test stands in Django's order: those that commit after those that do not.

    What asks no database comes last and takes no time, so no process is left alone with much; but a
    browser that reads another server's pages does: half a minute, before all other browsers.
    """
    if is_transactional(item):
        return 2
    if item.get_closest_marker("browser"):
        return 1
    return 0 if uses_database(item) else 3


def is_about_database(item: pytest.Item) -> bool:
    """Say whether a test may ask the database, and not only for a page to look at."""
    return not item.get_closest_marker("page") and uses_database(item)


def uses_database(item: pytest.Item) -> bool:
    """Say whether a test may ask the database."""
    fixtures = {"db", "transactional_db", "live_server"} & set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures)


def is_transactional(item: pytest.Item) -> bool:
    """Say whether a test commits, rather than being rolled back at its end."""
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    asked = marker is not None and marker.kwargs.get("transaction", False)
    return asked or "live_server" in fixtures or "transactional_db" in fixtures


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport]:
    """Print what a browser shows when its test fails: what it waited for says nothing of why."""
    report = yield
    if report.when == "call" and report.failed:
        for page in pages_of(getattr(item, "funcargs", {})):
            with contextlib.suppress(Exception):  # a page that is gone shows nothing
                report.sections.append((page.url, page.locator("body").inner_text(timeout=1_000)))
    return report


def pages_of(fixtures: Mapping[str, object]) -> list["Page"]:
    """Return the open pages of the browser that a test used."""
    browser = fixtures.get("browser")
    return [page for context in browser.contexts for page in context.pages] if browser else []


def pytest_collection_finish() -> None:
    """Collect garbage rarely: what is imported stays, and most of what a request makes is freed
    without a collection, which takes a tenth of the time otherwise.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in words what was left out, and why."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        reason = reason.removeprefix("Skipped: ")
        reasons[reason] = reasons.get(reason, 0) + 1
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(
            f"Left out: {count} test{'s' if count > 1 else ''}, because {reason}.", yellow=True
        )


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With STRICT=1 a test that was left out fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if is_strict() and not is_worker and exitstatus == 0 and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
