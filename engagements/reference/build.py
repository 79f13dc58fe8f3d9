"""Generate reference.json: `python -m engagements.reference.build`.

Run by a maintainer after an update of Babel or an edit of the tables below; the diff is the
review. The same Babel and the same tables give the same bytes.

Sources: names in English, French and Arabic and the codes of ISO 3166-1 from Unicode CLDR, as
Babel carries it; areas from the United Nations Statistics Division's standard M49; former states
from ISO 3166-3. Aliases, editorial regions and the French names of former states are our own.
docs/adr/0002-names-and-disputed-places.md says why a place is called what it is called.
"""

import json
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from engagements.text import fold

PATH = Path(__file__).with_name("reference.json")

LANGUAGES = ("ar", "fr")

# M49: code, name, parent, and the ISO 3166-1 codes that lie directly in it. M49 lists neither
# Taiwan nor Kosovo; both stand where they lie.
AREAS = [
    ("001", "World", None, "AQ"),
    ("002", "Africa", "001", ""),
    ("015", "Northern Africa", "002", "DZ EG EH LY MA SD TN"),
    ("202", "Sub-Saharan Africa", "002", ""),
    (
        "014",
        "Eastern Africa",
        "202",
        "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    ),
    ("017", "Middle Africa", "202", "AO CD CF CG CM GA GQ ST TD"),
    ("018", "Southern Africa", "202", "BW LS NA SZ ZA"),
    ("011", "Western Africa", "202", "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG"),
    ("019", "Americas", "001", ""),
    ("021", "Northern America", "019", "BM CA GL PM US"),
    ("419", "Latin America and the Caribbean", "019", ""),
    (
        "029",
        "Caribbean",
        "419",
        "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    ),
    ("013", "Central America", "419", "BZ CR GT HN MX NI PA SV"),
    ("005", "South America", "419", "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE"),
    ("142", "Asia", "001", ""),
    ("143", "Central Asia", "142", "KG KZ TJ TM UZ"),
    ("030", "Eastern Asia", "142", "CN HK JP KP KR MN MO TW"),
    ("035", "South-eastern Asia", "142", "BN ID KH LA MM MY PH SG TH TL VN"),
    ("034", "Southern Asia", "142", "AF BD BT IN IR LK MV NP PK"),
    (
        "145",
        "Western Asia",
        "142",
        "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    ),
    ("150", "Europe", "001", ""),
    ("151", "Eastern Europe", "150", "BG BY CZ HU MD PL RO RU SK UA"),
    ("154", "Northern Europe", "150", "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ"),
    ("039", "Southern Europe", "150", "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK"),
    ("155", "Western Europe", "150", "AT BE CH DE FR LI LU MC NL"),
    ("009", "Oceania", "001", ""),
    ("053", "Australia and New Zealand", "009", "AU CC CX HM NF NZ"),
    ("054", "Melanesia", "009", "FJ NC PG SB VU"),
    ("057", "Micronesia", "009", "FM GU KI MH MP NR PW UM"),
    ("061", "Polynesia", "009", "AS CK NU PF PN TK TO TV WF WS"),
]

# CLDR maps these codes of former territories to the present ones beside their own.
REPLACED_CODES = {"BUR", "DDR", "FXX", "TMP", "YMD", "ZAR"} | {
    "230",  # Ethiopia with Eritrea
    "249",  # metropolitan France
    "278",  # East Germany
    "280",  # West Germany
    "720",  # South Yemen
    "736",  # Sudan with South Sudan
    "886",  # North Yemen
}

# Kosovo is not in ISO 3166-1: XK and XKX are user-assigned, and there is no numeric code.
KOSOVO = {"alpha3": "XKX", "numeric": ""}

# The first day of states whose first day nobody disputes and whose visits may be older.
VALID_FROM = {
    "BQ": "2010-10-10",
    "CW": "2010-10-10",
    "CZ": "1993-01-01",
    "ER": "1993-05-24",
    "ME": "2006-06-03",
    "NA": "1990-03-21",
    "PW": "1994-10-01",
    "RS": "2006-06-05",
    "SK": "1993-01-01",
    "SS": "2011-07-09",
    "SX": "2010-10-10",
    "TL": "2002-05-20",
    "XK": "2008-02-17",
    "YE": "1990-05-22",
}

# ISO 3166-3: code, alpha-3, numeric, English name, French name, M49 area, first and last day
# (None where the day is not certain), aliases. Left out: uninhabited islands, Antarctic claims,
# the Neutral Zone and metropolitan France, which nobody visits as a state. The days are the
# state's own, not those on which ISO withdrew the code, which are weeks or years later.
FORMER_STATES = [
    (
        "AIDJ",
        "AFI",
        "262",
        "French Afars and Issas",
        "Territoire français des Afars et des Issas",
        "014",
        None,
        "1977-06-26",
        [],
    ),
    (
        "ANHH",
        "ANT",
        "530",
        "Netherlands Antilles",
        "Antilles néerlandaises",
        "029",
        "1954-12-15",
        "2010-10-09",
        ["Dutch Antilles"],
    ),
    (
        "BUMM",
        "BUR",
        "104",
        "Burma (until 1989)",
        "Birmanie (jusqu’en 1989)",
        "035",
        "1948-01-04",
        "1989-06-17",
        [],
    ),
    (
        "BYAA",
        "BYS",
        "112",
        "Byelorussian SSR",
        "RSS de Biélorussie",
        "151",
        None,
        "1991-09-18",
        [],
    ),
    (
        "CSHH",
        "CSK",
        "200",
        "Czechoslovakia",
        "Tchécoslovaquie",
        "151",
        "1918-10-28",
        "1992-12-31",
        ["Czech and Slovak Federative Republic"],
    ),
    (
        "CSXX",
        "SCG",
        "891",
        "Serbia and Montenegro",
        "Serbie-et-Monténégro",
        "039",
        "2003-02-04",
        "2006-06-04",
        [],
    ),
    (
        "DDDE",
        "DDR",
        "278",
        "East Germany",
        "Allemagne de l’Est",
        "155",
        "1949-10-07",
        "1990-10-02",
        ["GDR", "German Democratic Republic"],
    ),
    ("DYBJ", "DHY", "204", "Dahomey", "Dahomey", "011", "1960-08-01", "1975-11-29", []),
    (
        "GEHH",
        "GEL",
        "296",
        "Gilbert and Ellice Islands",
        "Îles Gilbert et Ellice",
        "009",
        None,
        None,
        [],
    ),
    (
        "HVBF",
        "HVO",
        "854",
        "Upper Volta",
        "Haute-Volta",
        "011",
        "1960-08-05",
        "1984-08-03",
        [],
    ),
    (
        "NHVU",
        "NHB",
        "548",
        "New Hebrides",
        "Nouvelles-Hébrides",
        "054",
        None,
        "1980-07-29",
        [],
    ),
    (
        "PCHH",
        "PCI",
        "582",
        "Trust Territory of the Pacific Islands",
        "Territoire sous tutelle des îles du Pacifique",
        "057",
        "1947-07-18",
        None,
        [],
    ),
    (
        "PZPA",
        "PCZ",
        "",
        "Panama Canal Zone",
        "Zone du canal de Panama",
        "013",
        None,
        "1979-09-30",
        [],
    ),
    (
        "RHZW",
        "RHO",
        "716",
        "Southern Rhodesia",
        "Rhodésie du Sud",
        "014",
        None,
        "1980-04-17",
        ["Rhodesia"],
    ),
    ("SKIN", "SKM", "", "Sikkim", "Sikkim", "034", None, "1975-05-15", []),
    (
        "SUHH",
        "SUN",
        "810",
        "Soviet Union",
        "Union soviétique",
        "151",
        "1922-12-30",
        "1991-12-25",
        ["U.S.S.R.", "USSR", "Union of Soviet Socialist Republics", "URSS"],
    ),
    (
        "TPTL",
        "TMP",
        "626",
        "East Timor (until 2002)",
        "Timor oriental (jusqu’en 2002)",
        "035",
        None,
        "2002-05-19",
        ["Portuguese Timor"],
    ),
    (
        "VDVN",
        "VDR",
        "",
        "North Vietnam",
        "Viêt Nam du Nord",
        "035",
        "1945-09-02",
        "1976-07-01",
        ["Democratic Republic of Viet Nam"],
    ),
    (
        "YDYE",
        "YMD",
        "720",
        "South Yemen",
        "Yémen du Sud",
        "145",
        "1967-11-30",
        "1990-05-21",
        ["Democratic Yemen", "People's Democratic Republic of Yemen"],
    ),
    (
        "YUCS",
        "YUG",
        "891",
        "Yugoslavia",
        "Yougoslavie",
        "039",
        None,
        "2003-02-03",
        ["Federal Republic of Yugoslavia", "Socialist Federal Republic of Yugoslavia"],
    ),
    ("ZRCD", "ZAR", "180", "Zaire", "Zaïre", "017", "1971-10-27", "1997-05-16", []),
]

# What people and other lists write. Spellings that differ only in "&", "St." or the kind of
# apostrophe are derived; misspellings belong to the import that meets them.
ALIASES = {
    "AE": ["Emirates", "UAE"],
    "AF": ["Afghanistan (Interim Authority)"],
    "BA": ["Bosnia", "Bosnia-Herzegovina"],
    "BN": ["Brunei Darussalam"],
    "BO": ["Bolivia, Plurinational State of", "Plurinational State of Bolivia"],
    "BS": ["Bahamas, The", "The Bahamas"],
    "BY": ["Byelorussia"],
    "CD": [
        "Congo, Democratic Republic of",
        "Congo, Democratic Republic of the",
        "Congo-Kinshasa",
        "DR Congo",
        "DRC",
        "Democratic Republic of the Congo",
        "Democratic Republic of the Congo (Zaire)",
    ],
    "CG": [
        "Congo, Republic of",
        "Congo, Republic of the",
        "Congo-Brazzaville",
        "Republic of the Congo",
    ],
    "CI": ["Ivory Coast"],
    "CN": ["China, People's Republic of", "PRC", "People's Republic of China"],
    "CV": ["Cabo Verde"],
    "CZ": ["Czech Republic"],
    "DE": ["Federal Republic of Germany", "Germany, Federal Republic of", "West Germany"],
    "EH": ["SADR", "Sahrawi Arab Democratic Republic"],
    "FK": ["Islas Malvinas", "Malvinas"],
    "FM": ["Federated States of Micronesia", "Micronesia, Federated States of"],
    "GB": [
        "Britain",
        "England",
        "Great Britain",
        "Northern Ireland",
        "Scotland",
        "U.K.",
        "UK",
        "United Kingdom (Northern Ireland)",
        "United Kingdom (Wales)",
        "Wales",
    ],
    "GL": ["Denmark (Greenland)", "Kalaallit Nunaat"],
    "GM": ["Gambia, The", "The Gambia"],
    "HK": ["Hong Kong"],
    "IE": ["Republic of Ireland"],
    "IR": ["Iran, Islamic Republic of", "Islamic Republic of Iran"],
    "KG": ["Kyrgyz Republic"],
    "KH": ["Kampuchea"],
    "KP": [
        "DPRK",
        "Democratic People's Republic of Korea",
        "Korea, Democratic People's Republic of",
        "Korea, North",
    ],
    "KR": ["Korea", "Korea, Republic of", "Korea, South", "ROK", "Republic of Korea"],
    "LA": ["Lao PDR", "Lao People's Democratic Republic"],
    "LK": ["Ceylon"],
    "LY": ["Libyan Arab Jamahiriya"],
    "MD": ["Moldova, Republic of", "Republic of Moldova"],
    "MK": [
        "FYROM",
        "Former Yugoslav Republic of Macedonia",
        "Macedonia",
        "Macedonia, Former Yugoslav Republic of",
    ],
    "MM": ["Burma", "Burma (Myanmar)", "Myanmar"],
    "MO": ["Macao", "Macau"],
    "NL": ["Holland", "The Netherlands"],
    "PS": [
        "Gaza",
        "Gaza Strip",
        "Occupied Palestinian Territory",
        "Palestine",
        "Palestinian Authority",
        "State of Palestine",
        "West Bank",
    ],
    "RU": ["Russian Federation"],
    "SH": ["Saint Helena, Ascension and Tristan da Cunha"],
    "SK": ["Slovak Republic"],
    "SO": ["Somali Republic"],
    "SY": ["Syrian Arab Republic"],
    "SZ": ["Swaziland"],
    "TL": ["East Timor", "Timor Leste"],
    "TR": ["Turkey"],
    "TW": ["Chinese Taipei", "Republic of China", "Taiwan, Province of China"],
    "TZ": ["Tanzania, United Republic of", "United Republic of Tanzania"],
    "US": ["U.S.", "U.S.A.", "USA", "United States of America"],
    "VA": ["Holy See", "Vatican"],
    "VC": ["Saint Vincent and the Grenadines"],
    "VE": ["Bolivarian Republic of Venezuela", "Venezuela, Bolivarian Republic of"],
    "VN": ["Viet Nam"],
    "WS": ["Western Samoa"],
    "XK": ["Kosova", "Republic of Kosovo", "Yugoslavia (Kosovo)"],
}

NORTH_AFRICA = "DZ EG EH LY MA MR SD TN"
MIDDLE_EAST = "AE BH EG IL IQ IR JO KW LB OM PS QA SA SY TR YDYE YE"
SAHEL = "BF HVBF ML MR NE SD SN TD"

# Slug, name, description, members: country codes, M49 areas (everything within, former states
# too) and "-XX" for what an area holds but the desk does not. In the order of the front page.
REGIONS = [
    (
        "southern-neighbourhood",
        "Southern Neighbourhood",
        "The Middle East, North Africa and the Sahel, seen from Europe as one neighbourhood.",
        # Türkiye lies in the Middle East too, but it looks at this neighbourhood as an ally.
        f"{NORTH_AFRICA} {MIDDLE_EAST} {SAHEL} -TR",
    ),
    (
        "north-africa",
        "North Africa",
        "From Mauritania and Western Sahara along the Mediterranean to Egypt and Sudan.",
        NORTH_AFRICA,
    ),
    (
        "middle-east",
        "Middle East",
        "From Egypt and Türkiye through the Levant to the Gulf, Yemen and Iran.",
        MIDDLE_EAST,
    ),
    (
        "sahel",
        "Sahel",
        "The belt south of the Sahara, from Senegal and Mauritania to Chad and Sudan.",
        SAHEL,
    ),
    (
        "sub-saharan-africa",
        "Sub-Saharan Africa",
        "Africa south of the Sahara with its islands; the Sahel and Sudan stand here as well.",
        "202 SD -TF",
    ),
    (
        "horn-of-africa",
        "Horn of Africa",
        "The Horn and the lands around it, from Sudan and South Sudan to Kenya and Uganda.",
        "AIDJ DJ ER ET KE SD SO SS UG",
    ),
    (
        "european-union",
        "European Union",
        "The Union’s present member states.",
        "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
    ),
    (
        "western-europe",
        "Western Europe",
        "The west of the continent, the British Isles and the Mediterranean south.",
        "AD AT BE CH CY DE ES FR GB GG GI GR IE IM IT JE LI LU MC MT NL PT SM VA",
    ),
    (
        "nordic-baltic",
        "Nordic and Baltic States",
        "The Nordic countries with Greenland and the Faroes, and the three Baltic states.",
        "AX DK EE FI FO GL IS LT LV NO SE SJ",
    ),
    (
        "central-europe",
        "Central Europe",
        "From the Baltic coast of Poland and the Alps to the Adriatic and the Black Sea.",
        "AT BG CSHH CZ DDDE DE HR HU PL RO SI SK",
    ),
    (
        "western-balkans",
        "Western Balkans",
        "The countries between the Adriatic and the Danube that are not in the Union.",
        "AL BA CSXX ME MK RS XK YUCS",
    ),
    (
        "eastern-europe",
        "Eastern Europe",
        "Belarus, Moldova, Russia and Ukraine, and the three states of the South Caucasus.",
        "AM AZ BY BYAA GE MD RU SUHH UA",
    ),
    (
        "central-asia-caucasus",
        "Central Asia and the South Caucasus",
        "The states on both shores of the Caspian, from Georgia to Kyrgyzstan.",
        "143 AM AZ GE",
    ),
    (
        "south-asia",
        "South Asia",
        "From Afghanistan and Pakistan through India to Bangladesh and the Maldives.",
        "034 -IR",
    ),
    (
        "east-asia",
        "East Asia",
        "China, Japan, Mongolia, Taiwan and the two Koreas, with Hong Kong and Macao.",
        "030",
    ),
    (
        "south-east-asia",
        "South-East Asia",
        "The mainland and the islands between India, China and Australia.",
        "035",
    ),
    (
        "indo-pacific",
        "Indo-Pacific",
        "From Pakistan to the Pacific islands: South, South-East and East Asia and Oceania.",
        "009 030 034 035 -AF -HM -IR -UM",
    ),
    (
        "pacific-islands",
        "Pacific Islands",
        "The island states and territories of Melanesia, Micronesia and Polynesia.",
        "054 057 061 GEHH -UM",
    ),
    (
        "north-america",
        "North America",
        "Canada, the United States and Mexico, with Bermuda and Greenland.",
        "021 MX",
    ),
    (
        "latin-america-caribbean",
        "Latin America and the Caribbean",
        "From Mexico through the Caribbean to Tierra del Fuego.",
        "419 -BV -GS",
    ),
]


def iso_codes() -> dict[str, dict[str, str]]:
    """Return alpha-3 and numeric code by alpha-2 for every territory that CLDR maps one to one."""
    found: dict[str, dict[str, str]] = {}
    for code, replacements in get_global("territory_aliases").items():
        if len(code) != 3 or code in REPLACED_CODES or len(replacements) != 1:
            continue
        kind = "numeric" if code.isdigit() else "alpha3"
        codes = found.setdefault(replacements[0], {})
        if kind in codes:
            raise ValueError(f"{replacements[0]} has two {kind} codes: {codes[kind]}, {code}")
        codes[kind] = code
    return found


def with_spellings(names: list[str]) -> list[str]:
    """Return `names` and what differs from them only in "&", "St." or the kind of apostrophe."""
    spelled = set(names)
    spelled |= {name.replace("&", "and") for name in spelled}
    spelled |= {name.replace("St. ", "Saint ") for name in spelled}
    spelled |= {name.replace("’", "'") for name in spelled}
    spelled |= {name.replace("'", "’") for name in spelled}
    return sorted(spelled)


def aliases(name: str, others: list[str]) -> list[str]:
    """Return the aliases of a country called `name`: none says the same as its name."""
    return [alias for alias in with_spellings([name, *others]) if fold(alias) != fold(name)]


def current_countries() -> list[dict[str, Any]]:
    """Return ISO 3166-1 and Kosovo."""
    english = Locale("en").territories
    translated = {language: Locale(language).territories for language in LANGUAGES}
    codes = {**iso_codes(), "XK": KOSOVO}
    return [
        {
            **codes[code],
            "aliases": aliases(english[code], ALIASES.get(code, [])),
            "area": area,
            "code": code,
            "name": english[code],
            "names": {language: translated[language][code] for language in LANGUAGES},
            "valid_from": VALID_FROM.get(code),
            "valid_until": None,
        }
        for area, _name, _parent, members in AREAS
        for code in members.split()
    ]


def former_countries() -> list[dict[str, Any]]:
    """Return the former states of ISO 3166-3."""
    return [
        {
            "aliases": aliases(name, others),
            "alpha3": alpha3,
            "area": area,
            "code": code,
            "name": name,
            "names": {"fr": french},
            "numeric": numeric,
            "valid_from": valid_from,
            "valid_until": valid_until,
        }
        for (
            code,
            alpha3,
            numeric,
            name,
            french,
            area,
            valid_from,
            valid_until,
            others,
        ) in FORMER_STATES
    ]


def within(area: str) -> set[str]:
    """Return the codes of `area` and of every area beneath it."""
    children = [code for code, _name, parent, _members in AREAS if parent == area]
    return {area}.union(*(within(child) for child in children))


def members(rule: str, countries: list[dict[str, Any]]) -> list[str]:
    """Return the codes that a region's `rule` names."""
    included: set[str] = set()
    excluded: set[str] = set()
    for word in rule.split():
        if word.isdigit():
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
            {"code": code, "name": name, "parent": parent} for code, name, parent, _members in AREAS
        ],
        "countries": countries,
        "regions": [
            {
                "countries": members(rule, countries),
                "description": description,
                "name": name,
                "position": position,
                "slug": slug,
            }
            for position, (slug, name, description, rule) in enumerate(REGIONS, start=1)
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
