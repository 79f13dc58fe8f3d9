"""What every request and answer has in common."""

import importlib

import pytest
from django.conf import settings as site_settings
from django.contrib.auth import get_user_model
from django.http import HttpResponse
from django.test import Client, RequestFactory

from config import middleware
from config.middleware import RequestGuard

ADMIN_LOGIN = "/admin/account/login/"


def guarded(request) -> HttpResponse:
    """Return the guard's answer, or what the view behind it would say."""
    return RequestGuard(lambda _request: HttpResponse("through"))(request)


def assert_refused(response: HttpResponse, status: int, words: str) -> None:
    """A refusal is one plain sentence."""
    assert response.status_code == status
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert words in response.text
    assert response.text.endswith(".\n")


def test_request_over_the_cap_is_refused_before_it_is_read():
    """A request announced as larger than the cap is answered 413 without touching its body."""

    class Unreadable:
        def read(self, *args):
            raise AssertionError("the body was read")

    request = RequestFactory().post("/admin/")
    request.META["CONTENT_LENGTH"] = str(site_settings.MAX_REQUEST_BYTES + 1)
    request._stream = Unreadable()
    assert_refused(guarded(request), 413, "larger than 12 MB")


def test_request_at_the_cap_passes():
    """The cap itself is allowed."""
    request = RequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = str(site_settings.MAX_REQUEST_BYTES)
    assert guarded(request).text == "through"


@pytest.mark.parametrize("length", ["", "many", "-5", "1e9"])
def test_odd_content_length_passes(length):
    """A length that is no number announces nothing, and Django then reads nothing."""
    request = RequestFactory().post("/")
    request.META["CONTENT_LENGTH"] = length
    assert guarded(request).text == "through"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PUT", "DELETE", "PATCH", "BREW"])
def test_unknown_method_refused(method):
    """TRACE would echo cookies, and no view here knows the others."""
    response = guarded(RequestFactory().generic(method, "/"))
    assert_refused(response, 405, "request method")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("host", ["evil.example", "localhost:80:80", "testserver@evil.example", ""])
@pytest.mark.parametrize("path", ["/healthz", "/static/admin/css/base.css", "/nowhere"])
def test_unknown_host_refused(client, host, path):
    """No address answers to a foreign host name, static files included."""
    assert_refused(client.get(path, headers={"host": host}), 400, "host name")


@pytest.mark.parametrize(
    "request_of",
    [
        lambda factory: factory.get("/a%00b/"),
        lambda factory: factory.get("/?q=a%00b"),
        lambda factory: factory.get("/", headers={"cookie": 'session="\\000aaaaaaaa"'}),
    ],
)
def test_nul_refused(request_of):
    """NUL in path, query or cookie is refused: PostgreSQL has no text that holds it."""
    assert_refused(guarded(request_of(RequestFactory())), 400, "NUL")


def test_nul_written_out_passes():
    """The five letters of an encoded percent sign and two zeros are ordinary text."""
    assert guarded(RequestFactory().get("/?q=%2500")).text == "through"


@pytest.mark.django_db
def test_nul_in_a_session_cookie_is_no_server_error(client):
    """The stored session is never asked for a key that the database refuses."""
    response = client.get("/admin/", headers={"cookie": 'session="\\000aaaaaaaaaaaa"'})
    assert response.status_code == 400


def client_address(settings, *, trusted: bool, forwarded: str) -> str:
    """Return the address that a view sees behind the guard."""
    settings.TRUST_PROXY_HEADERS = trusted
    request = RequestFactory().get("/", headers={"x-forwarded-for": forwarded})
    guarded(request)
    return request.META["REMOTE_ADDR"]


def test_client_address_is_the_connections_by_default(settings):
    """A header that anyone can send says nothing unless the operator trusts a proxy."""
    assert client_address(settings, trusted=False, forwarded="203.0.113.9") == "127.0.0.1"


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("<script>", "127.0.0.1"),
        ("", "127.0.0.1"),
    ],
)
def test_client_address_from_a_trusted_proxy(settings, forwarded, address):
    """Only the entry that our own proxy added counts, and only if it is an address."""
    assert client_address(settings, trusted=True, forwarded=forwarded) == address


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", ADMIN_LOGIN, "/nowhere-at-all/"])
def test_security_headers(client, path):
    """Public pages, the admin and errors carry every security header."""
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cache-Control"]


def test_icons_may_be_shown_by_other_sites(client):
    """A static file is the same for everybody."""
    response = client.get("/static/img/favicon.svg")
    assert b"".join(response)
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"


def policy(response: HttpResponse) -> dict[str, list[str]]:
    """Return the Content-Security-Policy as directive and sources."""
    if response.streaming:
        list(response.streaming_content)  # reading it to its end closes a static file
    parts = response.headers["Content-Security-Policy"].split(";")
    return {name: sources for name, *sources in (part.split() for part in parts)}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/nowhere-at-all/", "/static/admin/css/base.css"]
)
def test_public_policy_is_the_same_for_everyone(client, path):
    """A cached page's policy holds no nonce, and nothing inline anywhere."""
    first, second = policy(client.get(path)), policy(client.get(path))
    assert first == second
    assert first["default-src"] == ["'none'"]
    assert first["script-src"] == first["style-src"] == ["'self'"]
    assert first["frame-ancestors"] == ["'none'"]


@pytest.mark.django_db
def test_admin_policy_has_no_unsafe_source(client):
    """The admin's policy is wider by a nonce, never by 'unsafe-…' or a foreign host."""
    sources = {source for part in policy(client.get(ADMIN_LOGIN)).values() for source in part}
    assert not any("unsafe" in source or "*" in source or "//" in source for source in sources)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere-at-all/"])
def test_public_pages_read_no_cookie(client, path):
    """Public pages neither set a cookie nor vary by one, even for someone who is signed in."""
    client.force_login(get_user_model().objects.create_user("writer"))
    response = client.get(path)
    assert "Cookie" not in response.headers.get("Vary", "")
    assert "Set-Cookie" not in response.headers
    assert not response.cookies


@pytest.mark.django_db
def test_text_is_compressed_and_a_picture_is_not(client):
    """Compression is for text: a picture keeps its length."""
    page = client.get(ADMIN_LOGIN, headers={"accept-encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    compress = middleware.CompressText(
        lambda _request: HttpResponse(b"\0" * 5000, content_type="image/avif")
    )
    picture = compress(RequestFactory().get("/", headers={"accept-encoding": "gzip"}))
    assert "Content-Encoding" not in picture.headers


def test_cookies_under_https(monkeypatch):
    """Under HTTPS cookies are Secure and bound to this very host, and plain HTTP is redirected."""
    from config import settings as module  # noqa: PLC0415 - reloaded below

    monkeypatch.setenv("HTTPS", "true")
    secure = importlib.reload(module)
    try:
        assert secure.SECURE_SSL_REDIRECT
        assert secure.SECURE_HSTS_SECONDS >= 31_536_000
        for cookie in ("SESSION", "CSRF"):
            assert getattr(secure, f"{cookie}_COOKIE_NAME").startswith("__Host-")
            assert getattr(secure, f"{cookie}_COOKIE_SECURE")
            assert getattr(secure, f"{cookie}_COOKIE_HTTPONLY")
            assert getattr(secure, f"{cookie}_COOKIE_SAMESITE") == "Lax"
    finally:
        monkeypatch.undo()
        importlib.reload(module)


@pytest.mark.django_db
def test_plain_http_is_redirected_except_for_probes(settings):
    """HTTPS is for everyone; the host's own probes speak plain HTTP."""
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    assert client.get("/").headers["Location"] == "https://testserver/"
    for probe in ("/healthz", "/livez", "/readyz"):
        assert client.get(probe).status_code == 200
