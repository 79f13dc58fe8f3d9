"""What the suite adds around every request."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.models.signals import post_save
from django.http import HttpRequest, HttpResponse, QueryDict
from zeal import zeal_context

from articles.models import Edition
from articles.page_store import PARAMETERS, never_stored


class RefuseNPlusOne:
    """A public page that asks the database once for each of its rows fails its test.

    Not the admin: a stock formset looks up each row's choices by itself. Its pages have exact
    query counts instead.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith("/admin/"):
            return self.get_response(request)
        with zeal_context():
            return self.get_response(request)


class KilledMidway:
    """Kills its process when an edition is written and the rest of the save is not.

    For as long as there is the file that DIES_WITH names; what died is written into it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        post_save.connect(self.die, sender=Edition)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def die(self, **kwargs: Any) -> None:
        fatal = Path(os.environ["DIES_WITH"])
        if fatal.exists():
            fatal.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)


class RefuseUnknownParameters:
    """A public page that reads a parameter which the page store would take off fails its test."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(never_stored()):
            request.GET = KnownParameters(request.META.get("QUERY_STRING", ""))
            request.GET.is_read = True
        return self.get_response(request)


class KnownParameters(QueryDict):
    """Parameters that may be asked for by the names that the page store knows."""

    is_read = False

    def get(self, name: str, default: str | None = None) -> str | None:
        self._check(name)
        return super().get(name, default)

    def getlist(self, name: str, default: list | None = None) -> list:
        self._check(name)
        return super().getlist(name, default)

    def __contains__(self, name: object) -> bool:
        self._check(name)
        return super().__contains__(name)

    def _check(self, name: object) -> None:
        # Django itself asks for each name while it reads the address.
        if self.is_read and name not in PARAMETERS:
            raise AssertionError(f"a page reads “{name}”, which page_store.PARAMETERS lacks")
