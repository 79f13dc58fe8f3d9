"""Entries that several processes share, in Redis or Valkey."""

import hashlib
import json
import logging
from time import monotonic

import redis

from config.page_store.application import Key
from config.page_store.entries import Basis, Entry, Scope

logger = logging.getLogger(__name__)

_TIMEOUT = 0.25  # seconds; rendering a page takes less
_PAUSE = 5  # seconds without asking a server that failed


class RedisShared:
    """Entries by key; `namespace` separates sites, and the releases of one.

    A failure is logged and counts as a miss. Entries are data, not code: whoever can write to the
    server can change the words of pages, and nothing more.
    """

    def __init__(self, url: str, namespace: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )
        self._namespace = namespace
        self._paused_until = 0.0

    def get(self, key: Key) -> Entry | None:
        if monotonic() < self._paused_until:
            return None
        try:
            stored = self._client.get(self._name(key))
        except redis.RedisError as error:
            self._pause(error)
            return None
        if not isinstance(stored, bytes):
            return None
        try:
            head, _newline, body = stored.partition(b"\n")
            version, (number, at, until, scopes), status, headers = json.loads(head)
            basis = Basis(int(number), float(at), float(until), frozenset(map(_scope, scopes)))
            fields = [(str(name), str(value)) for name, value in headers]
            return Entry(str(version), basis, str(status), fields, body)
        except (ValueError, TypeError):
            return None

    def put(self, key: Key, entry: Entry, seconds: float) -> None:
        if monotonic() < self._paused_until:
            return
        basis = [*entry.basis[:3], list(entry.basis.scopes)]
        head = json.dumps([entry.version, basis, entry.status, entry.headers]).encode()
        try:
            expiry = max(1, int(seconds))
            self._client.set(self._name(key), head + b"\n" + entry.body, ex=expiry)
        except redis.RedisError as error:
            self._pause(error)

    def _name(self, key: Key) -> str:
        name = json.dumps([self._namespace, key])
        return f"page:{hashlib.sha256(name.encode()).hexdigest()}"

    def _pause(self, error: Exception) -> None:
        logger.warning("Pages are not shared for %d seconds: %s", _PAUSE, type(error).__name__)
        self._paused_until = monotonic() + _PAUSE


def _scope(stored: str | list[str]) -> Scope:
    return stored if isinstance(stored, str) else tuple(stored)
