"""The page on which people see where they are signed in, and end that."""

import re
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from config.staff.audit import record
from config.staff.models import AuditEvent
from config.staff.sessions import end_sessions, living_sessions
from engagements.admin.pages import desk_page, desk_view
from engagements.text import key_of

# In the order in which a header that has several of them is understood.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "", "Chrome": "", "Safari": ""}
SYSTEMS = {"Android": "", "iPhone": "", "iPad": "", "Windows": "", "Mac OS X": "macOS", "Linux": ""}


def may_end_sessions(person: Any, of: Any) -> bool:
    """Say whether a person may end the sessions of another."""
    is_within_reach = person.is_superuser or not of.is_superuser
    return person.pk == of.pk or (person.has_perm("auth.change_user") and is_within_reach)


def browser_of(user_agent: str) -> str:
    """Return the names of browser and system of a User-Agent header, or its beginning."""
    names = [
        next((name or mark for mark, name in table.items() if mark in user_agent), "")
        for table in (BROWSERS, SYSTEMS)
    ]
    if all(names):
        return _("%(browser)s on %(system)s") % {"browser": names[0], "system": names[1]}
    return re.sub(r"\s+", " ", user_agent)[:60] or _("an unknown browser")


@desk_view()
def sessions(request: HttpRequest, user_id: str = "") -> HttpResponse:
    """List a person's sessions; end one of them, or all but the present one."""
    person: Any = get_object_or_404(User, pk=key_of(user_id)) if user_id else request.user
    if not may_end_sessions(request.user, person):
        raise PermissionDenied
    rows = living_sessions(person)
    present = request.session.session_key
    if request.method == "POST":
        one = key_of(request.POST.get("session"))
        is_one = "session" in request.POST
        ended = rows.filter(pk=one) if is_one else rows.exclude(session_key=present)
        count = end_sessions(ended)
        sentence = ngettext("%d session is ended.", "%d sessions are ended.", count) % count
        if count:
            record(AuditEvent.Kind.SESSIONS_ENDED, about=person, details=sentence)
        messages.success(request, sentence)
        return redirect(request.path)
    is_own = person.pk == request.user.pk
    title = _("Where you are signed in") if is_own else _("Where %s is signed in") % person
    listed = [
        {
            "row": row,
            "browser": browser_of(row.user_agent),
            "is_present": row.session_key == present,
        }
        for row in rows
    ]
    return desk_page(request, "admin/staff/sessions.html", title, sessions=listed, person=person)
