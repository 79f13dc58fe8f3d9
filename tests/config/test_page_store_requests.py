"""What a request to the page store may say: its address, codings, conditions, and lies."""

import pytest

from config.page_store import SCOPES, PageStore
from config.page_store.requests import coding
from tests.config.plain_site import Site, make_store
from tests.wsgi import ask

CONTROL = "cache-control"


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def store(site) -> PageStore:
    return make_store(site)


def test_address_is_what_pages_read_in_a_fixed_order(site, store):
    """Order, spelling and foreign parameters make no other entry, and reach no page."""
    addresses = [
        "/?topic=a%20b&page=2", "/?page=2&topic=a+b", "/?utm_source=x&page=2&topic=a b",
        "/?page=2&&topic=a%20b&<script>=1",
    ]  # fmt: skip
    bodies = {ask(store, address).body for address in addresses}
    assert len(site.asked) == len(store.entries) == len(bodies) == 1
    assert bodies.pop().endswith(b"/?topic=a+b&page=2")
    ask(store, "/?topic=a&topic=b")
    assert site.asked[-1]["QUERY_STRING"] == "topic=a&topic=b"
    ask(store, "/?topic=%E4%FF\N{LATIN SMALL LETTER E WITH ACUTE}")
    assert len(site.asked) == 3


def test_headers_of_one_sender_never_reach_another(site, store):
    """What stands in an entry comes from its key alone."""
    poison = {
        "x_forwarded_host": "evil.example", "x_forwarded_proto": "evil",
        "x_forwarded_for": "6.6.6.6", "x_forwarded_port": "666",
        "x_original_url": "/evil", "accept_language": "xx-evil",
        "accept_encoding": "evil;q=1, br", "user_agent": "evil", "referer": "http://evil.example/",
        "forwarded": "host=evil.example", "range": "bytes=0-1",
    }  # fmt: skip
    poisoned, clean = ask(store, **poison), ask(store, accept_encoding="br")
    assert clean == poisoned
    assert len(site.asked) == 1
    seen = {name for name in site.asked[0] if name.startswith("HTTP_")}
    assert seen == {"HTTP_HOST"}
    assert "evil" not in repr({k: v for k, v in site.asked[0].items() if isinstance(v, str)})


def test_each_host_has_entries_of_its_own(site, store):
    """Pages tell absolute addresses, so no host is given another's."""
    for host in ("testserver", "other.example", "testserver:81"):
        ask(store, host=host)
    assert [environ["HTTP_HOST"] for environ in site.asked] == [
        "testserver", "other.example", "testserver:81",
    ]  # fmt: skip
    ask(store)
    assert len(site.asked) == 3


def test_nothing_of_the_sender_reaches_a_page(site, store):
    """What is not of the key, or of the server, could stand in what others get."""
    ask(store, user_agent="a", referer="b", x_forwarded_for="c")
    (seen,) = site.asked
    assert {name for name in seen if not name.startswith("wsgi.")} == {
        "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "SCRIPT_NAME", "HTTP_HOST", "SERVER_NAME",
        "SERVER_PORT", "SERVER_PROTOCOL", "CONTENT_TYPE", "CONTENT_LENGTH", SCOPES,
    }  # fmt: skip


def test_scheme_of_a_trusted_proxy_is_part_of_the_key(site):
    """Where a proxy says the scheme, "https" counts and everything else is plain."""
    store = make_store(site, scheme_header="HTTP_X_FORWARDED_PROTO")
    for scheme in ("https", "https, http", "http", "evil", "HTTPS"):
        ask(store, x_forwarded_proto=scheme)
    assert [environ["HTTP_X_FORWARDED_PROTO"] for environ in site.asked] == ["https", "http"]


@pytest.mark.parametrize(
    ("accepted", "expected"),
    [
        ("", ""), ("identity", ""), ("gzip", "gzip"), ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip", "gzip"), ("br;q=0.5, gzip;q=0.9", "gzip"), ("*", "br"),
        ("*;q=0", ""), ("gzip;q=nonsense", ""), ("GZIP;Q=1", "gzip"), (";;q=,,", ""),
        ("gzip," * 10_000, ""),
    ],
)  # fmt: skip
def test_accepted_coding(accepted, expected):
    """The best coding that is accepted; nonsense gets the plain text."""
    assert ("", "gzip", "br")[coding(accepted)] == expected


CONDITIONS = [
    ({"if_none_match": "{etag}"}, 304),
    ({"if_none_match": "W/{etag}"}, 304),
    ({"if_none_match": '"a", W/"b", {etag}'}, 304),
    ({"if_none_match": " * "}, 304),
    ({"if_none_match": '"other"'}, 200),
    ({"if_none_match": '"a",' * 50_000}, 200),
    ({"if_none_match": '"unclosed'}, 200),
    # The tag decides, whatever the date says.
    ({"if_none_match": '"other"', "if_modified_since": "{date}"}, 200),
    ({"if_none_match": "{etag}", "if_modified_since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 304),
    ({"if_modified_since": "{date}"}, 304),
    # Later than the version's, but its sender may have got the one before: a commit takes a while.
    ({"if_modified_since": "Tue, 25 Nov 2025 11:59:00 GMT"}, 200),
    ({"if_modified_since": "Tue, 25 Nov 2025 11:00:00 GMT"}, 200),
    ({"if_modified_since": "Fri, 01 Jan 2999 00:00:00 GMT"}, 200),
    ({"if_modified_since": "Tue, 99 Nov 99999 99:99:99 GMT"}, 200),
    ({"if_modified_since": "yesterday" * 10_000}, 200),
    ({"if_match": "{etag}"}, 200),
    ({"if_match": "*"}, 200),
    ({"if_match": "W/{etag}"}, 412),
    ({"if_unmodified_since": "Tue, 25 Nov 2025 11:00:00 GMT"}, 412),
    ({"if_unmodified_since": "{date}", "if_none_match": "{etag}"}, 304),
]


@pytest.mark.parametrize(("sent", "expected"), CONDITIONS)
def test_conditions(store, sent, expected):
    """Conditions are met in the order of RFC 9110, and a broken one counts as absent."""
    validators = ask(store).headers
    filled = {
        name: value.replace("{etag}", validators["etag"]).replace(
            "{date}", validators["last-modified"]
        )
        for name, value in sent.items()
    }
    answer = ask(store, **filled)
    assert answer.status == expected
    if expected == 304:
        assert answer.body == b""
        for name in ("etag", "vary", CONTROL, "last-modified", "x-own"):
            assert answer.headers[name] == validators[name]
        assert "content-length" not in answer.headers


def test_page_held_in_another_coding_is_not_sent_again(site, store):
    """Whoever names the tag of any coding has the page, and gets that tag back."""
    tags = {name: ask(store, accept_encoding=name).headers["etag"] for name in ("", "gzip", "br")}
    assert len(set(tags.values())) == 3
    for tag in tags.values():
        answer = ask(store, accept_encoding="gzip", if_none_match=tag)
        assert (answer.status, answer.headers["etag"]) == (304, tag)
    site.now += 5
    site.publish("<p>Another page.</p>")
    assert ask(store, accept_encoding="gzip", if_none_match=tags[""]).status == 200
    site.status = "410 Gone"
    site.publish("<p>Withdrawn.</p>")
    gone = ask(store, "/gone/")
    assert ask(store, "/gone/", if_none_match=gone.headers["etag"]).status == 410
