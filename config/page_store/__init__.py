"""A page store: whole answers, kept in memory in front of Django.

It stands before Django's handler and answers again what was answered before, in microseconds, for
as long as that is still true. It knows nothing of this site and asks for Django and brotli, and for
redis where entries are shared.

    from config.page_store import PageStore, Version

    application = PageStore(
        get_wsgi_application(),
        version=current_version,           # () -> Version(name, began, until)
        parameters=("topic", "page"),      # all that any page reads from its address
        never=("/admin/", "/static/"),     # beginnings of paths
        max_bytes=64 * 1024**2,
        lease=0.02,
    )

**One version for all content.** `version()` names the state that everything public is in, and says
when it began and when the next one begins by itself. An entry is served while its version is the
current one and made anew afterwards, so nothing is ever purged, and nothing stale is ever served:
whoever asks after a commit gets what was committed. A page that was made while the version changed
may be half old and half new: it is made again, and after three times sent and not kept. Where
`version()` fails, every request goes to the application.

**The lease.** So long, in seconds, an answer of `version()` is trusted; it saves the question at
almost every request. Whoever writes has to wait as long after the commit before it tells anybody.
With 0 every request asks. The next boundary ends a lease early.

**What it keeps.** Answers 200, 301, 308 and 410 to GET and HEAD, with a Content-Length, without
Set-Cookie, `no-store`, `private` or a Vary other than Accept-Encoding. Not 404: there is no end of
addresses that name nothing. Requests with a cookie or Authorization, and paths in `never`, pass
untouched.

**What the application sees** of a request that may be kept: scheme, host, path and the parameters
that it names, in their order. No other header or parameter reaches it, so none can stand in what
others get. The host is part of the key, and Django refuses one that it does not know. Set
`scheme_header` to the header that a trusted proxy sets ("HTTP_X_FORWARDED_PROTO"). An address with
more than ten other parameters, or too long, passes untouched.

**What it adds.** A strong ETag from the content, so that a change elsewhere leaves it as it was;
Last-Modified from the version, once its first second is over; `Cache-Control: public, max-age=` 60
or the seconds to the next boundary; gzip and brotli, each compressed once. It answers conditions
(304, 412) as RFC 9110 orders them; If-Modified-Since holds with the very date that was sent.

**Memory.** At most `max_bytes` in each process; the least recently used make way, and no entry may
take more than an eighth.

**Threads and processes.** Several threads that miss the same entry wait for one rendering. Each
process has its own store, so a page is made at most once a process and version; `shared` (such as
`config.page_store.shared.RedisShared`) lets the others take what one has made.
"""

from config.page_store.application import Application, PageStore, Shared, Version

__all__ = ["Application", "PageStore", "Shared", "Version"]
