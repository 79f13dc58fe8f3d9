"""Uses the site as readers and the desk do, round after round: `python -m tests.upgrade.use`.

The code is that of the working directory, the last release's or the present one, so this names only
what both have. After each round it prints one line of JSON: the number of answers, and what failed.
It ends when the file named by the first argument is gone.
"""

import json
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from html import unescape
from itertools import count
from pathlib import Path

import django
from django.http import HttpResponse
from django.urls import Resolver404, resolve

# Seconds after a save, as nobody saves all the time: SQLite lets others in by chance.
PAUSE = 0.3
LINK = re.compile(r'(?:href|src)="(/[^"#]*)')


def main() -> None:
    django.setup()
    for number in count(1):
        if not Path(sys.argv[1]).exists():
            return
        answers, failures = 0, []
        for what, status in use(number):
            answers += 1
            if status >= 500:
                failures.append(f"{what}: {status}")
        print(json.dumps({"answers": answers, "failures": failures}), flush=True)


def use(number: int) -> Iterator[tuple[str, int]]:
    """Read and save every kind of page, and write what no page has; yield what, and its status."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - models are ready only now
    from django.test import Client  # noqa: PLC0415

    from tests.engagements.desk import read  # noqa: PLC0415

    reader, desk = (Client(raise_request_exception=False) for _ in range(2))
    desk.force_login(User.objects.get(username="upgrade"))
    for path, answer in crawl(reader, "/"):
        yield path, answer.status_code
    for path, answer in crawl(desk, "/admin/"):
        yield path, answer.status_code
        if answer.status_code == 200 and resolve(path).view_name.endswith("_change"):
            data = {"_continue": "1", "change_note": "Put right."} | read(answer)
            yield f"{path}, saved", desk.post(path, data).status_code
            time.sleep(PAUSE)
    try:
        write(f"{Path.cwd().name} {number}")
    except Exception as error:  # noqa: BLE001 - whatever it is, people would meet it
        yield f"new rows ({error!r})", 500
    else:
        yield "new rows", 200


def crawl(client, start: str) -> Iterator[tuple[str, HttpResponse]]:
    """Yield a page of each kind beneath an address, as far as links lead."""
    waiting, kinds = [start], set[str]()
    while waiting:
        path = waiting.pop(0)
        answer = client.get(path)
        yield path, answer
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            continue
        for link in map(unescape, LINK.findall(answer.text)):
            kind = kind_of(link)
            # The desk is for those who begin there.
            is_beneath = link.startswith(start) and (start != "/" or not link.startswith("/admin/"))
            if kind and is_beneath and kind not in kinds:
                kinds.add(kind)
                waiting.append(link)


def kind_of(link: str) -> str:
    """Return the name of the view behind an address; empty for what is left out."""
    try:
        name = resolve(link.partition("?")[0]).view_name
    except Resolver404:
        return ""
    return "" if "logout" in name else name


def write(name: str) -> None:
    """Insert an article with its picture, published, and an outcome with its actions."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - models are ready only now
    from django.db import transaction  # noqa: PLC0415

    from articles.demo import ACCOUNTS, fiction, stories  # noqa: PLC0415
    from engagements.models import Engagement, Organisation  # noqa: PLC0415

    users = {row.username: row for row in User.objects.filter(username__in=ACCOUNTS)}
    visits = {row.slug: row for row in Engagement.objects.all()}
    organisations = {row.acronym: row for row in Organisation.objects.all()}
    texts = [tomllib.loads(path.read_text()) for path in stories.FILES.glob("*.toml")]
    story = next(text for text in texts if "picture" in text and "public" in text)
    world = tomllib.loads(Path(fiction.__file__).with_name("fiction.toml").read_text())
    outcomes = [row for visit in world["engagements"] for row in visit.get("outcomes", [])]
    outcome = next(row for row in outcomes if row.get("actions"))
    with transaction.atomic():
        visit = visits[story["engagement"]]
        position = visit.outcomes.count()
        fiction.load_outcome(visit, outcome, position, organisations, users)
        stories.load_story(story | {"headline": f"{story['headline']} ({name})"}, users, visits)


if __name__ == "__main__":
    main()
