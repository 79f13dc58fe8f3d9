"""The front page, robots.txt and the probes of whoever looks after the site."""

import os
import shutil
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from articles.caching.scopes import depends_on
from articles.models import Edition, Picture
from articles.operations.proof import last_proven_restore
from articles.pages.common import ACTIONS, cards
from articles.syndication.discovery import follow_site
from articles.timeline.activity import activity_years, regions_with_activity
from articles.timeline.build import make_entry
from articles.timeline.cards import for_entries
from config.database import check, is_away
from engagements.models import Action, Engagement, Region

MIN_FREE_BYTES = 100 * 1024**2  # of the disk with DATA_DIR
OK = "ok"
# The scope of what shows no content: nothing changes it.
ROBOTS = "robots"


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    today = timezone.localdate(at)
    editions = cards(Edition.objects.public(at).newest(7), at)
    ahead = for_entries(
        Engagement.objects.public(at)
        .filter(
            status__in=[Engagement.Status.PLANNED, Engagement.Status.CONFIRMED],
            sort_date__gte=today,
        )
        .order_by("sort_date", "pk"),
        at,
    )
    actions = Action.objects.public(at)
    context = {
        "lead": editions[0] if editions else None,
        "editions": editions[1:],
        "upcoming": [make_entry(row, today=today, coverage=[]) for row in ahead[:5]],
        "regions": [row for row in regions_with_activity(at) if row.visits],
        "years": activity_years(today),
        "overdue": actions.overdue(today).order_by("due_date", "pk").for_lists()[:ACTIONS],
        "fulfilled": actions.fulfilled().for_lists()[:ACTIONS],
        "today": today,
        "follow": follow_site(request),
    }
    return render(request, "articles/home.html", context)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep crawlers off the desk, and off combinations of filters, of which there is no end.

    Previews are not excluded: they forbid indexing themselves (`X-Robots-Tag`), and a crawler that
    may not fetch a page lists its bare address wherever it finds a link to it.
    """
    depends_on(request, [ROBOTS])
    return HttpResponse(
        f"User-agent: *\nDisallow: {reverse('admin:index')}\nDisallow: /*?*&\n",
        content_type="text/plain; charset=utf-8",
    )


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer "ok" if the process reaches its database."""
    Region.objects.exists()
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
def livez(request: HttpRequest) -> HttpResponse:
    """Answer "ok" while the process takes requests, and ask nothing else."""
    answer = HttpResponse("ok\n", content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the site can do all its work, else 503; in both cases what works."""
    parts = {"disk": _disk(), **_record()}
    is_ready = set(parts.values()) == {OK}
    # For people: without a proof the site works all the same.
    proof = last_proven_restore() if parts["migrations"] == OK else None
    return JsonResponse(
        {**parts, "last_proven_restore": proof and proof.at},
        status=200 if is_ready else 503,
        headers={"Cache-Control": "no-store"},
    )


def _disk() -> str:
    try:
        if not os.access(settings.DATA_DIR, os.W_OK | os.X_OK):
            return "not writable"
        return OK if shutil.disk_usage(settings.DATA_DIR).free >= MIN_FREE_BYTES else "nearly full"
    except OSError:
        return "away"


def _record() -> dict[str, str]:
    """Return the state of the database, of its migrations and of the pictures' files."""
    unknown = {"migrations": "unknown", "media": "unknown"}
    if is_away():
        return {"database": "away", **unknown}
    try:
        applied = MigrationRecorder(connection).applied_migrations()
        if not _last_migrations() <= applied.keys():
            # Tables may be locked or missing for now.
            return {"database": OK, **unknown, "migrations": "not all applied"}
        return {"database": OK, "migrations": OK, "media": _media()}
    except Error:
        check()
        return {"database": "away", **unknown}


@cache
def _last_migrations() -> frozenset[tuple[str, str]]:
    """Return the last migration of each app, as this release has it."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def _media() -> str:
    root = Path(settings.MEDIA_ROOT)
    if root.exists() and not os.access(root, os.R_OK | os.W_OK | os.X_OK):
        return "not writable"
    newest = Picture.objects.order_by("-pk").first()
    return OK if newest is None or newest.file.storage.exists(newest.file.name or "") else "missing"
