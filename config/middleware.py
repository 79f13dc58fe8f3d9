"""Middleware for every request and response."""

import contextlib
import ipaddress
from functools import cache

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

METHODS = ("GET", "HEAD", "OPTIONS", "POST")
COMPRESSIBLE = ("text/", "application/json", "application/xml", "image/svg+xml")
COMPRESSIBLE_SUFFIXES = ("+json", "+xml")

PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer",
        "browsing-topics",
        "camera",
        "display-capture",
        "geolocation",
        "gyroscope",
        "magnetometer",
        "microphone",
        "midi",
        "payment",
        "usb",
    )
)


class DefaultHeaders(MiddlewareMixin):
    """Set default headers that the view did not set."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        # Static files are the same for everybody, and other sites show the icon.
        is_static = request.path.startswith(settings.STATIC_URL)
        policy = "cross-origin" if is_static else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", policy)
        # For pages that are not stored; the page store sets the header of its own.
        response.headers.setdefault("Cache-Control", "no-cache")
        return response


@cache
def admin_prefix() -> str:
    """Return the prefix of the admin's paths."""
    return reverse("admin:index")


class ContentSecurityPolicy(CSPMiddleware):
    """Send the admin's policy under the admin's path and the public one elsewhere."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and request.path.startswith(admin_prefix()):
            parts.config = settings.ADMIN_CONTENT_SECURITY_POLICY
        return parts


class CompressText(GZipMiddleware):
    """Compress only text: pictures would grow, and lose their Content-Length."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        content_type = response.headers.get("Content-Type", "").partition(";")[0].strip()
        if content_type.startswith(COMPRESSIBLE) or content_type.endswith(COMPRESSIBLE_SUFFIXES):
            return super().process_response(request, response)
        return response


class RequestGuard(MiddlewareMixin):
    """Refuse invalid requests with a sentence, before their body is read."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if settings.TRUST_PROXY_HEADERS:
            trust_client_address(request)
        try:
            request.get_host()
        except DisallowedHost:
            return refuse(400, _("This site does not answer to that host name."))
        if request.method not in METHODS:
            answer = refuse(405, _("This site does not know that request method."))
            answer["Allow"] = ", ".join(METHODS)
            return answer
        if has_nul(request):
            return refuse(
                400, _("The address or a cookie contains a NUL character, which is not allowed.")
            )
        if content_length(request) > settings.MAX_REQUEST_BYTES:
            limit = settings.MAX_REQUEST_BYTES // 1024**2
            return refuse(
                413,
                _(
                    "The request is larger than %(limit)d MB, the limit of this site. "
                    "Go back, choose a smaller file and send the form again."
                )
                % {"limit": limit},
            )
        return None


def refuse(status: int, sentence: str) -> HttpResponse:
    """Return a plain-text response of one sentence."""
    answer = HttpResponse(f"{sentence}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["Content-Length"] = str(len(answer.content))
    # SecurityMiddleware, which comes later, does not see this response.
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer


def has_nul(request: HttpRequest) -> bool:
    """Return whether path, query or cookies contain NUL, which PostgreSQL refuses in text."""
    query = request.META.get("QUERY_STRING", "")
    cookies = request.META.get("HTTP_COOKIE", "")
    # A quoted cookie value writes a character as a backslash and three octal digits.
    return (
        "\0" in request.path_info
        or "%00" in query
        or "\0" in query
        or "\\000" in cookies
        or "\0" in cookies
    )


def content_length(request: HttpRequest) -> int:
    """Return the Content-Length in bytes, 0 if it is missing or invalid.

    Django reads no more of the body.
    """
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def trust_client_address(request: HttpRequest) -> None:
    """Set the client's address from the last entry of X-Forwarded-For, which our proxy added."""
    last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    with contextlib.suppress(ValueError):
        request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(last))
