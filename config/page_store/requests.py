"""What a request asks for: an address, a coding, and conditions."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import itemgetter
from urllib.parse import parse_qsl, urlencode

from django.utils.http import http_date, parse_http_date_safe

IDENTITY, GZIP, BROTLI = range(3)
CODINGS = ("", "gzip", "br")

MAX_QUERY = 1_000  # characters
MAX_UNKNOWN = 10  # parameters
_MAX_ACCEPT = 200  # characters


def canonical_query(parameters: tuple[str, ...]) -> Callable[[str], str | None]:
    """Return a function that reduces a query string to `parameters`, in their order.

    It returns `None` for a query that is too long, or has too many other parameters, to be stored.
    """
    order = {name: position for position, name in enumerate(parameters)}

    @lru_cache(maxsize=1_024)
    def reduced(query: str) -> str | None:
        # WSGI passes the bytes of the address as Latin-1.
        text = query.encode("latin-1", "replace").decode("utf-8", "replace")
        pairs: list[tuple[str, str]] = parse_qsl(text, keep_blank_values=True)
        known = [(order[name], name, value) for name, value in pairs if name in order]
        if len(pairs) - len(known) > MAX_UNKNOWN:
            return None
        # Sorting is stable: the values of a repeated parameter stay in their order.
        known.sort(key=itemgetter(0))
        return urlencode([(name, value) for _position, name, value in known])

    return lambda query: reduced(query) if len(query) <= MAX_QUERY else None


@lru_cache(maxsize=256)
def _coding(accepted: str) -> int:
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    weight = float(parameter[2:])
                except ValueError:
                    weight = 0.0
        weights[name] = weight
    other = weights.get("*", 0.0)
    gzip, brotli = weights.get("gzip", other), weights.get("br", other)
    if brotli > 0 and brotli >= gzip:
        return BROTLI
    return GZIP if gzip > 0 else IDENTITY


def coding(accepted: str) -> int:
    """Return the best coding that an Accept-Encoding header accepts, as an index of `CODINGS`."""
    return _coding(accepted) if len(accepted) <= _MAX_ACCEPT else IDENTITY


NOT_MODIFIED = "304 Not Modified"
PRECONDITION_FAILED = "412 Precondition Failed"
CONDITIONS = (
    "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE",
)  # fmt: skip


def evaluate(environ: Mapping[str, str], etag: str, last_modified: int | None, now: float) -> str:
    """Return the status that a request's conditions lead to, "" for none (RFC 9110, 13.2.2).

    Times are Unix seconds. Without a `last_modified` no condition about time holds. A date in
    If-Unmodified-Since that is malformed or in the future counts as absent.
    """
    if "HTTP_IF_MATCH" in environ:
        # A strong comparison: a weak validator never matches.
        tags = [tag.strip() for tag in environ["HTTP_IF_MATCH"].split(",")]
        if "*" not in tags and etag not in tags:
            return PRECONDITION_FAILED
    elif _is_newer(last_modified, environ.get("HTTP_IF_UNMODIFIED_SINCE"), now):
        return PRECONDITION_FAILED
    if "HTTP_IF_NONE_MATCH" in environ:
        # Our tags have no comma or quote and cannot be guessed: if one is found, it was sent,
        # alone or in a list, weak or strong.
        given = environ["HTTP_IF_NONE_MATCH"]
        return NOT_MODIFIED if etag in given or given.strip() == "*" else ""
    # Only the very date: a version begins with the write, which its commit may follow by seconds,
    # so a client with the version before it may name a later date.
    since = environ.get("HTTP_IF_MODIFIED_SINCE")
    return NOT_MODIFIED if last_modified is not None and since == http_date(last_modified) else ""


def _is_newer(last_modified: int | None, header: str | None, now: float) -> bool:
    """Return whether the last change is known to be later than a header's date."""
    date = parse_http_date_safe(header) if header else None
    return last_modified is not None and date is not None and date <= now and last_modified > date
