"""A WSGI application asked as a server would ask it."""

from collections.abc import Callable
from typing import NamedTuple

from django.test import RequestFactory


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def ask(application: Callable, path: str = "/", method: str = "GET", **headers: str) -> Answer:
    """Return the answer; `if_none_match="…"` is the header If-None-Match."""
    factory = RequestFactory(headers={"host": "testserver"})
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    environ = factory.generic(method, path, headers=sent).environ
    if "cookie" not in sent:
        del environ["HTTP_COOKIE"]  # the factory's is empty
    said: list = []
    chunks = application(
        environ, lambda status, answered, _info=None: said.extend([status, answered])
    )
    body = b"".join(chunks)
    getattr(chunks, "close", lambda: None)()
    status, answered = said
    assert len({name.lower() for name, _value in answered}) == len(answered), "a header twice"
    return Answer(int(status[:3]), {name.lower(): value for name, value in answered}, body)
