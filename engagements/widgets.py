"""The stock autocompletes, which break on drawing a choice that is no number.

They also draw an empty choice without a word, which is no valid HTML.
"""

from django.contrib.admin.widgets import (
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)


class _NumbersOnly(AutocompleteMixin):
    def optgroups(self, name, value, attr=None):
        numbers = [choice for choice in value if is_key(choice)]
        groups = super().optgroups(name, numbers, attr)
        for _title, options, _index in groups:
            for option in options:
                option["label"] = option["label"] or "---------"
        return groups


class Autocomplete(_NumbersOnly, AutocompleteSelect):
    pass


class AutocompleteMultiple(_NumbersOnly, AutocompleteSelectMultiple):
    pass


def is_key(text: object) -> bool:
    """Say whether a database can look for `text` among numeric keys."""
    return str(text).isdecimal() and len(str(text)) < 19
