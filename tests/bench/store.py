"""Time the page store against nginx and against Django's own cache; JSON comes out.

All three serve the same bytes on this machine, to `wrk` with 16 connections, by turns. Then people
read while an editor publishes once a second, and each answer is held against what was committed
before it was asked for.
"""

import contextlib
import http.client
import itertools
import json
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.db import connection

from articles.models import Edition, TimelineTotal
from articles.publishing.workflow import publish, save_edition
from articles.timeline.index import Kind
from engagements.models import Country, Region, Topic
from tests.postgres import free_port
from tests.server import running_server
from tests.tools import find_program

SERVERS = ("nginx", "store", "cache")
NGINX = """
daemon off; worker_processes 2; pid {home}/pid; error_log {home}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; gzip_static on; keepalive_requests 1000000000;
    default_type "text/html; charset=utf-8";
    client_body_temp_path {home}/1; proxy_temp_path {home}/2; fastcgi_temp_path {home}/3;
    uwsgi_temp_path {home}/4; scgi_temp_path {home}/5;
    server {{ listen 127.0.0.1:{port}; root {home}/www; }}
}}
"""


# Many short ones: each opens its connections anew, and the system deals them out to the workers by
# chance, often 10 to one and 6 to the other, once in a while 12 and 4.
ROUNDS, SECONDS, EDITS = 9, 2, 20
CRAWLED = 500  # articles
CRAWL = """
local paths, number = {{ {paths} }}, 0
request = function()
    number = number % #paths + 1
    return wrk.format("GET", paths[number])
end
"""


def main(*names: str) -> None:
    """Measure everything, or only the rows of these names."""
    pages = addresses()
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(site("tests.bench.settings"))
        cache = stack.enter_context(site("tests.bench.cached"))
        bodies = {name: fetch(store + address) for name, address in pages.items()}
        packed = {name: fetch(store + address, "gzip") for name, address in pages.items()}
        for name, address in pages.items():
            if fetch(cache + address).replace(host(cache), host(store)) != bodies[name]:
                sys.exit(f"{address} is not the same page on both servers.")
        nginx = stack.enter_context(static(bodies, packed))
        figures: dict[str, dict] = {}
        for name, address in pages.items():
            urls = {"nginx": f"{nginx}/{name}", "store": store + address, "cache": cache + address}
            for coding, sent in (("identity", bodies), ("gzip", packed)):
                if not names or f"{name}, {coding}" in names:
                    row = compare(urls, ROUNDS, str(SECONDS), coding)
                    figures[f"{name}, {coding}"] = row | {"bytes": len(sent[name])}
        mixed = {} if names else edit_and_read(store, EDITS)
        work = {} if names else crawl_while_working(store)
        filtered = {} if names else hot_page_beside_filters(store, pages["timeline"])
    json.dump({"pages": figures, "mixed": mixed, "work": work, "filtered": filtered}, sys.stdout)


def addresses() -> dict[str, str]:
    regions = TimelineTotal.objects.filter(kind=TimelineTotal.ALL + Kind.REGION)
    busiest = regions.order_by("-count").values_list("subject", flat=True)[:1]
    return {
        "article": Edition.objects.public().order_by("pk").first().get_absolute_url(),
        "timeline": Region.objects.get(pk=busiest[0]).get_absolute_url(),
        "feed": "/feed.rss",
    }


@contextlib.contextmanager
def site(settings: str) -> Iterator[str]:
    """Run the site with other settings, on this process's database; return its address."""
    with running_server(DJANGO_SETTINGS_MODULE=settings) as (_process, address):
        yield address


@contextlib.contextmanager
def static(bodies: dict[str, bytes], packed: dict[str, bytes]) -> Iterator[str]:
    """Run nginx with the bodies, and the same compressed, as files; return its address."""
    with tempfile.TemporaryDirectory() as name:
        home, port = Path(name), free_port()
        home.chmod(0o755)  # nginx's workers are another user where root starts it
        (home / "www").mkdir()
        for page, body in bodies.items():
            (home / "www" / page).write_bytes(body)
            (home / "www" / f"{page}.gz").write_bytes(packed[page])
        (home / "conf").write_text(NGINX.format(home=home, port=port))
        process = subprocess.Popen([str(find_program("nginx")), "-c", str(home / "conf")])
        address = f"http://127.0.0.1:{port}"
        try:
            for page, body in bodies.items():
                wait_for(f"{address}/{page}", body)
                if fetch(f"{address}/{page}", "gzip") != packed[page]:
                    sys.exit("This nginx cannot send compressed files (gzip_static).")
            yield address
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str, body: bytes) -> None:
    deadline = time.monotonic() + 10
    while True:
        with contextlib.suppress(OSError):
            if fetch(url) == body:
                return
        if time.monotonic() > deadline:
            sys.exit(f"{url} does not answer as it should.")
        time.sleep(0.05)


def fetch(url: str, coding: str = "identity") -> bytes:
    parts = urlsplit(url)
    asked = http.client.HTTPConnection(parts.netloc, timeout=20)
    with contextlib.closing(asked):
        asked.request("GET", parts.path, headers={"Accept-Encoding": coding})
        return asked.getresponse().read()


def host(address: str) -> bytes:
    return urlsplit(address).netloc.encode()


def compare(urls: dict[str, str], rounds: int, seconds: str, coding: str) -> dict[str, float]:
    """Return the median requests a second of each server, and the median ratios of the rounds."""
    found: dict[str, list[float]] = {name: [] for name in SERVERS}
    for url in urls.values():
        load(url, "1", coding)
    for _round in range(rounds):
        for name in SERVERS:
            found[name].append(load(urls[name], seconds, coding))
    median = statistics.median
    return {
        **{name: median(found[name]) for name in SERVERS},
        "to_nginx": median(map(ratio, found["store"], found["nginx"])),
        "to_cache": median(map(ratio, found["store"], found["cache"])),
    }


def ratio(one: float, other: float) -> float:
    return one / other


def load(url: str, seconds: str, coding: str, *more: str) -> float:
    """Return the requests a second that a server answers; `more` goes to `wrk`."""
    accepted = ["-H", f"Accept-Encoding: {coding}", "--timeout", "20s", *more]
    wrk = [str(find_program("wrk")), "-t2", "-c16", f"-d{seconds}", *accepted, url]
    told = subprocess.run(wrk, check=True, stdout=subprocess.PIPE, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        sys.exit(f"{url}:\n{told}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])


class Readers:
    """People who read one address each, and hold each answer against what was committed."""

    def __init__(self, address: str, paths: list[str]) -> None:
        self.host = urlsplit(address).netloc
        self.committed = 0
        self.took: list[float] = []  # milliseconds
        self.stale: list[str] = []
        self.failed: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=[path]) for path in paths]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _read(self, path: str) -> None:
        asked = http.client.HTTPConnection(self.host, timeout=20)
        while not self._over.is_set():
            least, began = self.committed, time.perf_counter()
            try:
                asked.request("GET", path)
                answer = asked.getresponse()
                text = answer.read().decode()
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{path}: {error!r}")
                asked.close()
                continue
            self.took.append(1000 * (time.perf_counter() - began))
            told = re.search(r"Edit (\d+) of", text)
            if answer.status != 200 or told is None:
                self.failed.append(f"{path}: {answer.status}")
            elif int(told[1]) < least:
                self.stale.append(f"{path}: {told[1]} after {least}")
        asked.close()


def edit_and_read(address: str, edits: int) -> dict[str, float]:
    """Publish once a second while others read the article, the feed and the list of articles.

    Returns how many answers came, how many were older than the last commit before their request,
    how many failed, and milliseconds.
    """
    edition = Edition.objects.public().order_by("pk").first()
    story = edition.get_absolute_url()
    edit(edition, 0)
    # `wrk` beside them, so that the readers meet a busy server.
    busy = subprocess.Popen(
        [str(find_program("wrk")), "-t1", "-c4", "--timeout=20s", f"-d{edits}", address + story],
        stdout=subprocess.PIPE,
        text=True,
    )
    with Readers(address, [story, "/feed.rss", "/articles/", story]) as readers:
        for number in range(1, edits + 1):
            time.sleep(1)
            edit(edition, number)
            readers.committed = number
    told, _errors = busy.communicate()
    failed = [*readers.failed, *([told] if "Non-2xx" in told or "Socket errors" in told else [])]
    for fault in [*readers.stale, *failed][:5]:
        print(fault, file=sys.stderr)
    return {
        "edits": edits,
        "answers": len(readers.took),
        "beside": int(re.search(r"(\d+) requests in", told)[1]),
        "stale": len(readers.stale),
        "failed": len(failed),
        "median_ms": statistics.median(readers.took),
        "p99_ms": statistics.quantiles(readers.took, n=100)[98],
    }


def crawl_while_working(address: str) -> dict[str, float]:
    """Return the requests a second over many articles: alone, and while a desk is at work."""
    edited, *others = Edition.objects.public().select_related("article")[: CRAWLED + 1]
    with crawl(edition.get_absolute_url() for edition in others) as script:
        # Until each worker has every page.
        load(address, "20", "gzip", "-s", script)
        return {
            "nobody": load(address, "10", "gzip", "-s", script),
            "drafts": _beside(lambda n: draft(edited, n), address, script),
            "publications": _beside(lambda n: edit(edited, n), address, script),
        }


def hot_page_beside_filters(address: str, timeline: str) -> dict[str, float]:
    """Return the p99 of a stored page, in ms, alone and while 16 connections ask for filters."""
    topics = Topic.objects.order_by("pk").values_list("slug", flat=True)[:30]
    countries = Country.objects.order_by("pk").values_list("code", flat=True)[:170]
    filters = (
        f"{timeline}?topic={topic}&country={code.lower()}" for topic in topics for code in countries
    )
    wrk = str(find_program("wrk"))
    hot = [wrk, "-t1", "-c4", "-d10", "--latency", "--timeout", "20s", address + timeline]

    def p99() -> float:
        told = subprocess.run(hot, check=True, stdout=subprocess.PIPE, text=True).stdout
        number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    with crawl(filters) as script:
        alone = p99()
        crawler = subprocess.Popen(
            [wrk, "-t1", "-c16", "-d12", "--timeout", "20s", "-s", script, address],
            stdout=subprocess.DEVNULL,
        )
        time.sleep(1)
        beside = p99()
        crawler.wait()
    return {"alone": alone, "beside": beside}


@contextlib.contextmanager
def crawl(paths: Iterable[str]) -> Iterator[str]:
    """Write the script with which `wrk` asks for paths by turns, and return its name."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(CRAWL.format(paths=", ".join(f'"{path}"' for path in paths)))
        script.flush()
        yield script.name


def _beside(work: Callable[[int], object], address: str, script: str) -> float:
    """Return the requests a second of a crawl while something is done every second."""
    over = threading.Event()

    def do() -> None:
        try:
            for number in itertools.count(1):
                if over.wait(1):
                    break
                work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(do)
        try:
            return load(address, "10", "gzip", "-s", script)
        finally:
            over.set()
            done.result()


def draft(edition: Edition, number: int) -> Edition:
    """Save the article's next edition, whose headline has the number, as a draft."""
    return save_edition(
        edition.article,
        author=edition.author,
        topics=edition.topics.all(),
        engagement=edition.engagement,
        headline=f"Edit {number} of an article",
        standfirst=edition.standfirst,
        body=edition.body,
        is_major=True,
    )


def edit(edition: Edition, number: int) -> None:
    """Publish the article's next edition."""
    # One's own article needs another's approval.
    other, _new = User.objects.get_or_create(username="bench-approver", is_staff=True)
    publish(draft(edition, number), by=other)
