"""Entries that several processes share: in files of one machine, or in Redis or Valkey.

Each is signed with the site's own key, together with its name, so that one that was damaged, moved
or written by somebody else is a miss.
"""

import hashlib
import hmac
import json
import logging
import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path
from time import monotonic

import redis

from config.page_store.application import Key
from config.page_store.entries import Basis, Entry, Scope

logger = logging.getLogger(__name__)

_TIMEOUT = 0.25  # seconds; rendering a page takes less
_PAUSE = 5  # seconds without asking a server that failed
_SHARDS = 256  # folders of files
_SIGNATURE = 16  # bytes


class FilesShared:
    """Entries as files, for the processes of one machine; they survive a restart.

    `directory` belongs to one `namespace`, such as a release, and what another left there is
    removed. It takes about `max_bytes`; of entries that are too many the oldest go. `key` signs
    them.
    """

    def __init__(self, directory: Path, namespace: str, key: bytes, max_bytes: int) -> None:
        self._own = directory / namespace
        self._key = key
        self._max_bytes = max_bytes // _SHARDS
        for other in directory.glob("*"):
            if other != self._own:
                shutil.rmtree(other, ignore_errors=True)

    def get(self, key: Key) -> Entry | None:
        path = self._path(key)
        try:
            return _unpacked(path.read_bytes(), path.name, self._key)
        except OSError:
            return None

    def put(self, key: Key, entry: Entry, seconds: float) -> None:
        path = self._path(key)
        partial = path.with_suffix(f".{secrets.token_hex(8)}")
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whole or not at all, and never while another process reads it.
            partial.write_bytes(_packed(entry, path.name, self._key))
            partial.replace(path)
            self._prune(path.parent)
        except OSError as error:
            logger.warning("A page is not shared: %s", error)

    def _prune(self, shard: Path) -> None:
        rows = []
        for file in os.scandir(shard):
            with suppress(FileNotFoundError):
                stat = file.stat()
                rows.append((stat.st_mtime, stat.st_size, file.path))
        excess = sum(size for _written, size, _path in rows) - self._max_bytes
        for _written, size, path in sorted(rows):
            if excess <= 0:
                break
            Path(path).unlink(missing_ok=True)
            excess -= size

    def _path(self, key: Key) -> Path:
        digest = _digest(*key)
        return self._own / digest[:2] / digest


class RedisShared:
    """Entries by key; `namespace` separates sites, and the releases of one; `key` signs them.

    A failure is logged and counts as a miss.
    """

    def __init__(self, url: str, namespace: str, key: bytes) -> None:
        self._client = redis.Redis.from_url(
            url, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
        )
        self._namespace, self._key = namespace, key
        self._paused_until = 0.0

    def get(self, key: Key) -> Entry | None:
        if monotonic() < self._paused_until:
            return None
        name = self._name(key)
        try:
            stored = self._client.get(name)
            return _unpacked(stored, name, self._key) if isinstance(stored, bytes) else None
        except Exception as error:  # noqa: BLE001 - whatever it is, a page can be rendered
            self._pause(error)
            return None

    def put(self, key: Key, entry: Entry, seconds: float) -> None:
        if monotonic() < self._paused_until:
            return
        name = self._name(key)
        try:
            content = _packed(entry, name, self._key)
            self._client.set(name, content, ex=max(1, int(seconds)))
        except Exception as error:  # noqa: BLE001 - as above
            self._pause(error)

    def _name(self, key: Key) -> str:
        return f"page:{_digest(self._namespace, *key)}"

    def _pause(self, error: Exception) -> None:
        logger.warning("Pages are not shared for %d seconds: %s", _PAUSE, type(error).__name__)
        self._paused_until = monotonic() + _PAUSE


def _digest(*parts: str) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _packed(entry: Entry, name: str, key: bytes) -> bytes:
    basis = [*entry.basis[:3], list(entry.basis.scopes)]
    head = json.dumps([entry.version, basis, entry.status, entry.headers])
    content = head.encode() + b"\n" + entry.body
    return _signature(content, name, key) + content


def _unpacked(stored: bytes, name: str, key: bytes) -> Entry | None:
    """Return an entry, or `None` for what this site did not pack under this name."""
    signature, content = stored[:_SIGNATURE], stored[_SIGNATURE:]
    if not hmac.compare_digest(signature, _signature(content, name, key)):
        return None
    head, _newline, body = content.partition(b"\n")
    version, (number, at, until, scopes), status, headers = json.loads(head)
    basis = Basis(number, at, until, frozenset(map(_scope, scopes)))
    return Entry(version, basis, status, [(name, value) for name, value in headers], body)


def _signature(content: bytes, name: str, key: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + content, key=key, digest_size=_SIGNATURE).digest()


def _scope(stored: str | list[str]) -> Scope:
    return stored if isinstance(stored, str) else tuple(stored)
