"""Notifies a WebSub hub of the feeds that changed (W3C WebSub).

Feeds do not depend on it: they are current without a hub, too.
"""

import datetime as dt
import urllib.request
from collections.abc import Iterable
from urllib.error import HTTPError
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from articles.models import Message
from articles.notifications.outbox import handles
from articles.syndication.formats import FORMATS
from articles.syndication.index import ALL
from articles.timeline.index import Term
from articles.timeline.subjects import KINDS, public_subjects

KIND = "websub"
TIMEOUT = 10  # seconds
CORRECTIONS, UPDATES = "corrections", "updates"
_LISTS = {CORRECTIONS: "articles:correction_list", UPDATES: "articles:action_list"}


def announce(feeds: Iterable[Term | str], at: dt.datetime) -> None:
    """Notify the hub of feeds, given by term or list, at a moment."""
    names = sorted({feed if isinstance(feed, str) else feed.token.strip() for feed in feeds})
    if settings.WEBSUB_HUB and names:
        Message.objects.create(kind=KIND, payload=names, due_at=at)


@handles(KIND)
def ping(message: Message) -> None:
    """Send the hub the addresses of feeds that `announce()` named; raise `OSError` on failure."""
    paths = _paths(message.payload)
    addresses = [f"{settings.SITE_URL}{path}{form.file}" for path in paths for form in FORMATS]
    if not (settings.WEBSUB_HUB and addresses):
        return
    body = urlencode([("hub.mode", "publish"), *(("hub.url", url) for url in addresses)])
    request = urllib.request.Request(  # noqa: S310 - the operator's own http(s) address
        settings.WEBSUB_HUB, body.encode(), headers={"User-Agent": "Communique"}
    )
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT).close()  # noqa: S310
    except HTTPError as refusal:
        refusal.close()
        raise


def _paths(names: Iterable[str]) -> list[str]:
    """Return the present paths of lists."""
    models = {int(number): kind for kind, number in KINDS.items()}
    paths = []
    for name in names:
        if name in _LISTS:
            paths.append(reverse(_LISTS[name]))
        elif (term := Term.parse(name)) == ALL:
            paths.append(reverse("articles:home"))
        elif term.kind in models:
            # A subject of nothing but drafts has no feed.
            subject = public_subjects(models[term.kind]).filter(pk=term.subject).first()
            paths += [subject.get_absolute_url()] if subject else []
    return paths
