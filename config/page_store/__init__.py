"""A page store: whole responses, kept in memory in front of Django.

It stands before Django's handler and sends again what was sent before, in microseconds, for as long
as that is still true. It knows nothing of this site; it needs Django and brotli, and redis where
machines share entries.

    from config.page_store import PageStore, Version

    application = PageStore(
        get_wsgi_application(),
        version=current_version,           # () -> Version(name, began, until)
        parameters=("topic", "page"),      # all that any page reads from its query
        never=("/admin/", "/static/"),     # prefixes of paths that are not stored
        max_bytes=64 * 1024**2,
        lease=0.02,
    )

**One version for all content, and scopes.** `version()` names the state of everything public, and
says when it began and when the next one begins without a write. An entry is sent while its version
is current, and rendered anew afterwards. The application may name the parts of the content that a
page shows, its scopes (`request.META[SCOPES].add("article:7")`): then the entry is sent for as long
as no version says that one of these has changed. So nothing is ever purged and nothing stale is
ever sent: a request after a commit gets what was committed. A page that was rendered while its
content changed may be half old and half new: it is rendered again; after three times it is sent and
not stored. Where `version()` fails, every request goes to the application, unless the last version
was read less than `stale` seconds ago and its end is ahead: then its entries are sent all the same.

**The lease.** For so many seconds an answer of `version()` is trusted, which saves the question at
almost every request. A writer has to wait as long after the commit before it reports success. With
0 every request asks. The next boundary ends a lease early.

**What is stored.** Responses 200, 301, 308 and 410 to GET and HEAD, with a Content-Length, without
Set-Cookie, `no-store`, `private` or a Vary other than Accept-Encoding. Not 404: there is no end of
addresses without a page. Requests with a cookie or Authorization, and paths in `never`, go to the
application untouched.

**What the application sees** of a request whose response may be stored: scheme, host, path and the
parameters in `parameters`, in their order. No other header or parameter reaches it, so none can
stand in what others get. The host is part of the key, and Django refuses one that it does not know.
Set `scheme_header` to the header that a trusted proxy sets ("HTTP_X_FORWARDED_PROTO"). A query that
is too long or has more than ten other parameters goes to the application untouched.

**What is added.** A strong ETag from the content, so that a change elsewhere leaves it as it was;
Last-Modified from the version, from its second second on; `Cache-Control: public, max-age=` 60 or
the seconds to the next boundary; gzip and brotli, each compressed once. Conditions are answered
(304, 412) in the order of RFC 9110; If-Modified-Since holds only with the very date that was sent.

**Memory.** At most `max_bytes` in each process; the least recently used entries are dropped, and
none may take more than an eighth.

**Combinations.** There is no end of combined parameters, so pages that have two or more are
rendered one at a time and in a `share` of a process's time, after a burst of a few seconds; beyond
it they are answered 503 with Retry-After. So whoever asks for thousands of filters does not keep
others waiting, provided that the process has a second thread.

**Threads and processes.** Threads that miss the same entry wait for one rendering. Each process has
its own store, so a page is rendered at most once for each process and version; with `shared` (such
as `config.page_store.shared.RedisShared`) processes take what another has rendered.
"""

from config.page_store.application import SCOPES, Application, PageStore, Version
from config.page_store.entries import Basis, Scope

__all__ = ["SCOPES", "Application", "Basis", "PageStore", "Scope", "Version"]
