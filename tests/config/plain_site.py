"""A plain WSGI application whose answers, clock and version a test sets."""

from collections.abc import Callable

from config.page_store import SCOPES, PageStore, Scope, Version

HTML = "text/html; charset=utf-8"
NOON = 1_764_072_000.0  # seconds since 1970: 25 November 2025


class Site:
    """A site, its clock and its content: `text` is the body, `{}` what the request said."""

    def __init__(self) -> None:
        self.now = NOON
        self.version = Version("1", NOON - 100, NOON + 3_600, number=1)
        self.text = "<p>" + "Two delegations met. " * 20 + "</p>"
        self.status = "200 OK"
        self.headers: list[tuple[str, str]] = [("Content-Type", HTML)]
        self.scopes: set[Scope] = set()
        self.asked: list[dict] = []
        self.during: Callable[[], object] = lambda: None

    def __call__(self, environ, start_response):
        self.asked.append(environ)
        self.during()
        environ.setdefault(SCOPES, set()).update(self.scopes)
        body = f"{self.text}{environ['PATH_INFO']}?{environ['QUERY_STRING']}".encode()
        start_response(
            self.status,
            [
                *self.headers,
                ("Content-Length", str(len(body))),
                ("Date", "today"),
                ("X-Own", "yes"),
            ],
        )
        return [body]

    def publish(self, text: str, *scopes: str) -> None:
        """Change everything, or what the scopes name."""
        number = int(self.version.name) + 1
        self.text = text
        changed = {**self.version.changed, **dict.fromkeys(scopes, number)}
        known_since = self.version.known_since if scopes else number
        until = self.version.until
        self.version = Version(str(number), self.now, until, number, changed, known_since)


def make_store(site: Site, **options) -> PageStore:
    options.setdefault("parameters", ("topic", "page"))
    return PageStore(
        site, version=lambda: site.version, never=("/admin/",), clock=lambda: site.now, **options
    )
