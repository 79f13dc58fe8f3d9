"""Entries that several processes share, in Redis or Valkey."""

import hashlib
import json
import logging
from time import monotonic

import redis

from config.page_store.application import Key
from config.page_store.entries import Entry

logger = logging.getLogger(__name__)

_TIMEOUT = 0.25  # seconds; rendering a page takes less
_PAUSE = 5  # seconds without asking a server that failed
_EXPIRY = 60 * 60  # seconds; nobody asks for an old version again


class RedisShared:
    """Entries by key and version; `namespace` separates sites, and the releases of one.

    A failure is logged and counts as a miss. Entries are data, not code: whoever can write to the
    server can change the words of pages, and nothing more.
    """

    def __init__(self, url: str, namespace: str) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )
        self._namespace = namespace
        self._paused_until = 0.0

    def get(self, key: Key, version: str) -> Entry | None:
        if monotonic() < self._paused_until:
            return None
        try:
            stored = self._client.get(self._name(key, version))
        except redis.RedisError as error:
            self._pause(error)
            return None
        if not isinstance(stored, bytes):
            return None
        try:
            head, _newline, body = stored.partition(b"\n")
            status, headers = json.loads(head)
            return Entry(version, str(status), [(str(n), str(v)) for n, v in headers], body)
        except (ValueError, TypeError):
            return None

    def put(self, key: Key, entry: Entry) -> None:
        if monotonic() < self._paused_until:
            return
        head = json.dumps([entry.status, entry.headers]).encode()
        try:
            self._client.set(self._name(key, entry.version), head + b"\n" + entry.body, ex=_EXPIRY)
        except redis.RedisError as error:
            self._pause(error)

    def _name(self, key: Key, version: str) -> str:
        name = json.dumps([self._namespace, key, version])
        return f"page:{hashlib.sha256(name.encode()).hexdigest()}"

    def _pause(self, error: Exception) -> None:
        logger.warning("Pages are not shared for %d seconds: %s", _PAUSE, type(error).__name__)
        self._paused_until = monotonic() + _PAUSE
