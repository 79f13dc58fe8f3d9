"""The sessions in which people are signed in."""

import datetime as dt
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone

# How exactly the desk knows when somebody was last there.
SEEN = dt.timedelta(minutes=1)


def living_sessions(user: Any = None) -> QuerySet[UserSession]:
    """Return the sessions that have not ended, of a person or of all, the latest seen first."""
    living = Session.objects.filter(
        session_key=OuterRef("session_key"), expire_date__gt=timezone.now()
    )
    rows = UserSession.objects.filter(Exists(living)).order_by("-last_seen_at", "-pk")
    return rows if user is None else rows.filter(user=user)


@transaction.atomic
def end_sessions(sessions: Iterable[UserSession]) -> int:
    """Sign out of sessions; return of how many."""
    rows = list(sessions)
    Session.objects.filter(session_key__in=[row.session_key for row in rows]).delete()
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def note_seen(request: HttpRequest) -> None:
    """Record when, from where and with which browser a session was last used."""
    user: Any = request.user
    key = request.session.session_key
    # Signing in has recorded it.
    is_new = user.last_login and timezone.now() - user.last_login < SEEN
    if key and not is_new and cache.add(f"seen:{key}", 1, SEEN.total_seconds()):
        # A full disk must not keep anybody from reading.
        with suppress(DatabaseError), transaction.atomic():
            UserSession.objects.create_from_request(request)
