"""Real visits for the demo, 2021 to 2025.

Facts: Office of the Historian, US Department of State, lists of the travels of presidents and
secretaries of state and of the visits of foreign leaders (public domain); the column `row` is the
entry's number there. Nothing is said here that the entry does not say; the sentences are ours.

The column `people` holds "Title=Name" with ";" between: whom a traveller met, or who came.
"""

import csv
from pathlib import Path

TRAVELLERS = {
    "blinken": ("Antony Blinken", "Secretary of State", "secretary"),
    "biden": ("Joseph R. Biden", "President of the United States", "president"),
    "rubio": ("Marco Rubio", "Secretary of State", "secretary"),
}


def _rows(name: str) -> list[dict[str, str]]:
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="|", quoting=csv.QUOTE_NONE))


OUTGOING = _rows("outgoing.psv")
INCOMING = _rows("incoming.psv")

# All consecutive stops of one traveller: title, rows.
TOURS = {
    "Antony Blinken: Jerusalem, Ramallah, Cairo, Amman, May 2021": (
        "T4003",
        "T4004",
        "T4005",
        "T4006",
    ),
    "Antony Blinken: Nairobi, Abuja, Dakar, November 2021": ("T4032", "T4033", "T4037"),
    "Joseph R. Biden: Jerusalem, Ramallah, Jeddah, July 2022": ("T4107", "T4108", "T4109"),
    "Antony Blinken: Cairo, Jerusalem, Ramallah, January 2023": ("T4121", "T4122", "T4123"),
    "Antony Blinken: Astana, Tashkent, New Delhi, February and March 2023": (
        "T4127",
        "T4128",
        "T4129",
    ),
    "Antony Blinken: Addis Ababa, Niamey, March 2023": ("T4132", "T4133"),
    "Antony Blinken: Praia, Abidjan, Abuja, Luanda, January 2024": (
        "T4204",
        "T4205",
        "T4206",
        "T4207",
    ),
}

TOPICS = {
    "security": ("Security", "Defence, policing, and the limits set to both."),
    "political-dialogue": ("Political dialogue", "Talks between governments, on any subject."),
    "climate": ("Climate", "What states agree on the climate, and in its name."),
    "economy": ("Economy", "Trade, finance and the rules of both."),
    "ports-and-shipping": ("Ports and shipping", "Harbours, sea lanes and those who work there."),
}
