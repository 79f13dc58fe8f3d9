"""What the suite adds around every request."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from zeal import zeal_context


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
