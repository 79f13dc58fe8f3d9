"""The list of unsaved work."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles.desk.dashboard import unfinished_items
from engagements.admin.pages import desk_page, desk_view


@desk_view("articles.change_article")
def unfinished(request: HttpRequest) -> HttpResponse:
    """List a person's own unsaved work."""
    items = unfinished_items(request.user, timezone.now())
    return desk_page(request, "admin/desk/unfinished.html", _("Unsaved work"), items=items)
