"""The engagement's form in the admin, filled in as a browser would."""

from html.parser import HTMLParser

from django.http import HttpResponse
from django.urls import reverse

ADD = "admin:engagements_engagement_add"
CHANGE = "admin:engagements_engagement_change"
LIST = "admin:engagements_engagement_changelist"

Data = dict[str, str | list[str]]


class FormReader(HTMLParser):
    """Collects what a browser would send of a page's only large form."""

    def __init__(self) -> None:
        super().__init__()
        self.data: dict[str, list[str]] = {}
        self.templates = 0
        self.select: tuple[str, bool] | None = None
        self.options: list[tuple[str, bool]] = []
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "template":
            self.templates += 1
        if self.templates:
            return
        name = at.get("name", "")
        if tag == "input" and name and at.get("type") not in ("submit", "button", "file"):
            is_box = at.get("type") in ("checkbox", "radio")
            if not is_box or "checked" in at:
                value = at.get("value", "on" if is_box else "")
                self.data.setdefault(name, []).append(value)
        elif tag == "select":
            self.select, self.options = (name, "multiple" in at), []
        elif tag == "option":
            self.options.append((at.get("value", ""), "selected" in at))
        elif tag == "textarea":
            self.textarea, self.text = name, ""

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        elif tag == "select" and self.select:
            name, is_multiple = self.select
            chosen = [value for value, is_chosen in self.options if is_chosen]
            if not chosen and not is_multiple:
                chosen = [value for value, _ in self.options[:1]]
            if name and chosen:
                self.data.setdefault(name, []).extend(chosen)
            self.select = None
        elif tag == "textarea" and self.textarea is not None:
            # A browser drops the line break that the template writes first.
            self.data[self.textarea] = [self.text.removeprefix("\r\n").removeprefix("\n")]
            self.textarea = None


def read(response: HttpResponse) -> Data:
    """Return what a browser would send if the page's form were sent as it is."""
    assert response.status_code == 200
    reader = FormReader()
    reader.feed(response.text)
    foreign = ("action", "_popup", "csrfmiddlewaretoken")
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in reader.data.items()
        if name not in foreign
    }


def blank(client) -> Data:
    """Return the empty form's data."""
    return read(client.get(reverse(ADD)))


def opened(client, engagement) -> Data:
    """Return the data of the form of an engagement that exists, with a note for its change."""
    data = read(client.get(reverse(CHANGE, args=[engagement.pk])))
    return data | {"change_note": "Put right."} if "change_note" in data else data


def add_row(data: Data, prefix: str, **values) -> str:
    """Add a row to an inline as its "Add another" does; return the row's prefix."""
    number = int(data[f"{prefix}-TOTAL_FORMS"])
    for name, value in list(data.items()):
        if name.startswith(f"{prefix}-__prefix__-"):
            data[name.replace("__prefix__", str(number), 1)] = value
    data[f"{prefix}-TOTAL_FORMS"] = str(number + 1)
    return fill(data, f"{prefix}-{number}", **values)


def add_action(data: Data, outcome: str, **values) -> str:
    """Fill in the last action of an outcome's row, which is empty, and put another behind it."""
    number = int(data[f"{outcome}-actions-TOTAL_FORMS"]) - 1
    row, following = f"{outcome}-actions-{number}-", f"{outcome}-actions-{number + 1}-"
    for name, value in list(data.items()):
        if name.startswith(row):
            data[following + name.removeprefix(row)] = value
    data[f"{outcome}-actions-TOTAL_FORMS"] = str(number + 2)
    return fill(data, row.removesuffix("-"), **values)


def fill(data: Data, prefix: str, **values) -> str:
    for name, value in values.items():
        data[f"{prefix}-{name}"] = value
    return prefix


def save(client, data: Data, engagement=None) -> HttpResponse:
    """Send the form and stay on its page."""
    url = reverse(CHANGE, args=[engagement.pk]) if engagement else reverse(ADD)
    return client.post(url, {"_continue": "1", **data})


def saved(response: HttpResponse) -> None:
    """Assert that the form was accepted."""
    assert response.status_code == 302, errors(response)


def errors(response: HttpResponse) -> list[str]:
    """Return every sentence that the page shows in a list of errors, and its error note."""
    reader = ErrorReader()
    reader.feed(response.text)
    return reader.sentences


class ErrorReader(HTMLParser):
    """Collects the items of error lists."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = ""
        self.sentences: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = (dict(attrs).get("class") or "").split()
        if "errorlist" in classes:
            self.inside = tag
        elif "errornote" in classes:
            self.inside = tag
            self.sentences.append("")
        elif self.inside and tag == "li":
            self.sentences.append("")

    def handle_data(self, data: str) -> None:
        if self.inside and self.sentences:
            self.sentences[-1] = (self.sentences[-1] + data).strip()

    def handle_endtag(self, tag: str) -> None:
        if tag == self.inside:
            self.inside = ""
