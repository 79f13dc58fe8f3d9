"""Answers 503 while the database is away or the disk is full."""

import sys

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils.deprecation import MiddlewareMixin
from django.views.defaults import server_error

from config.database import check, is_away, is_disk_full, is_outage

RETRY_AFTER = 5  # seconds
# They say themselves what works.
PROBES = ("/livez", "/readyz")


class DatabaseGuard(MiddlewareMixin):
    """Answer at once while the database is away: each attempt would hold up its worker."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        return unavailable() if is_away() and request.path not in PROBES else None


def unavailable(*, is_full: bool = False) -> HttpResponse:
    """Return the page for an outage, which needs no database."""
    # Without the request, so that no context processor asks for the user.
    text = render_to_string("503.html", {"is_full": is_full})
    answer = HttpResponse(text, status=503, headers={"Retry-After": str(RETRY_AFTER)})
    answer["Cache-Control"] = "no-store"
    return answer


def handle_error(request: HttpRequest) -> HttpResponseBase:
    """Answer a request that has failed (`handler500`)."""
    error = sys.exc_info()[1]
    if is_disk_full(error):
        return unavailable(is_full=True)
    if is_outage(error):
        check()
        return unavailable()
    return server_error(request)
