"""Django's autocompletes, mended: they fail on a choice that is no number.

They also render an empty choice without a label, which is no valid HTML.
"""

from django.contrib.admin.widgets import (
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)

from engagements.text import is_key


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
