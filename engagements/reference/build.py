"""Generate reference.json: `python -m engagements.reference.build`.

Run by a maintainer after an update of Babel or an edit of tables.toml; the diff is the review. The
same Babel and the same tables give the same bytes.

Sources: names in English, French and Arabic and the codes of ISO 3166-1 from Unicode CLDR, as
Babel carries it; areas from the United Nations Statistics Division's standard M49; former states
from ISO 3166-3. Aliases, editorial regions and the French names of former states are our own.
docs/adr/0002-names-and-disputed-places.md says why a place is called what it is called.
"""

import json
import tomllib
from typing import Any

from babel import Locale
from babel.core import get_global

from engagements.reference import PATH
from engagements.text import fold

TABLES = tomllib.loads(PATH.with_name("tables.toml").read_text(encoding="utf-8"))
LANGUAGES = ("ar", "fr")


def iso_codes() -> dict[str, dict[str, str]]:
    """Return alpha-3 and numeric code by alpha-2 for every territory that CLDR maps one to one."""
    codes: dict[str, dict[str, str]] = {}
    for code, replacements in get_global("territory_aliases").items():
        if len(code) != 3 or code in TABLES["replaced_codes"] or len(replacements) != 1:
            continue
        kind = "numeric" if code.isdigit() else "alpha3"
        present = codes.setdefault(replacements[0], {})
        if kind in present:
            raise ValueError(f"{replacements[0]} has two {kind} codes: {present[kind]}, {code}")
        present[kind] = code
    return codes


def with_spellings(names: list[str]) -> list[str]:
    """Return `names` and what differs from them only in "&", "St." or the kind of apostrophe."""
    spelled = set(names)
    for old, new in [("&", "and"), ("St. ", "Saint "), ("’", "'"), ("'", "’")]:
        spelled |= {name.replace(old, new) for name in spelled}
    return sorted(spelled)


def aliases(name: str, others: list[str]) -> list[str]:
    """Return the aliases of a country called `name`; none equals its name when folded."""
    return [alias for alias in with_spellings([name, *others]) if fold(alias) != fold(name)]


def current_countries() -> list[dict[str, Any]]:
    """Return ISO 3166-1 and Kosovo."""
    english = Locale("en").territories
    translated = {language: Locale(language).territories for language in LANGUAGES}
    codes = {**iso_codes(), "XK": TABLES["kosovo"]}
    return [
        {
            **codes[code],
            "aliases": aliases(english[code], TABLES["aliases"].get(code, [])),
            "area": area,
            "code": code,
            "name": english[code],
            "names": {language: translated[language][code] for language in LANGUAGES},
            "valid_from": TABLES["valid_from"].get(code),
            "valid_until": None,
        }
        for area, _name, _parent, codes_within in TABLES["areas"]
        for code in codes_within.split()
    ]


def former_countries() -> list[dict[str, Any]]:
    """Return the former states of ISO 3166-3."""
    return [
        {
            "aliases": aliases(state["name"], state.get("aliases", [])),
            "alpha3": state["alpha3"],
            "area": state["area"],
            "code": state["code"],
            "name": state["name"],
            "names": {"fr": state["french"]},
            "numeric": state["numeric"],
            "valid_from": state.get("first_day"),
            "valid_until": state.get("last_day"),
        }
        for state in TABLES["former_states"]
    ]


def within(area: str) -> set[str]:
    """Return the codes of `area` and of every area beneath it."""
    children = [code for code, _name, parent, _codes in TABLES["areas"] if parent == area]
    return {area}.union(*(within(child) for child in children))


def members(rule: str, countries: list[dict[str, Any]]) -> list[str]:
    """Return the codes of the countries that a region's `rule` names."""
    rules = {region["slug"]: region["members"] for region in TABLES["regions"]}
    included: set[str] = set()
    excluded: set[str] = set()
    for word in rule.split():
        if word in rules:
            included.update(members(rules[word], countries))
        elif word.isdigit():
            areas = within(word)
            included |= {country["code"] for country in countries if country["area"] in areas}
        elif word.startswith("-"):
            excluded.add(word.removeprefix("-"))
        else:
            included.add(word)
    if not excluded <= included:
        raise ValueError(f"Excluded without being included: {excluded - included}")
    return sorted(included - excluded)


def build() -> str:
    """Return the text of reference.json: one entry a line, so that a diff can be read."""
    countries = sorted(
        current_countries() + former_countries(), key=lambda country: country["code"]
    )
    sections = {
        "areas": [
            {"code": code, "name": name, "parent": parent or None}
            for code, name, parent, _codes in TABLES["areas"]
        ],
        "countries": countries,
        "regions": [
            {
                "countries": members(region["members"], countries),
                "description": region["description"],
                "name": region["name"],
                "position": position,
                "slug": region["slug"],
            }
            for position, region in enumerate(TABLES["regions"], start=1)
        ],
    }
    blocks = []
    for section, entries in sections.items():
        lines = ",\n".join(
            json.dumps(entry, ensure_ascii=False, sort_keys=True) for entry in entries
        )
        blocks.append(f'"{section}": [\n{lines}\n]')
    return "{\n" + ",\n".join(blocks) + "\n}\n"


if __name__ == "__main__":
    PATH.write_text(build(), encoding="utf-8")
