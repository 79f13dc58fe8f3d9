"""The demo's invented world: two organisations, their envoys and what they promise each other.

No state is a party to anything here; a real city is only the place where they sit. Days are
counted from the day of loading, so the newsroom is always in the middle of its story.
"""

COMPACT = ("halcyon-straits-compact", "Halcyon Straits Compact", "HSC")
COMMISSION = ("tessaly-rivers-commission", "Tessaly Rivers Commission", "TRC")

# Person: organisation, then titles with first and last day ("": open), in days from the load.
PEOPLE: dict[str, tuple[tuple, list[tuple]]] = {
    "Ilse Maranth": (COMPACT, [("Envoy for Harbours", -1200, -120), ("Deputy Head", -119, "")]),
    "Davor Linquist": (COMPACT, [("Legal Adviser", -900, -120), ("Envoy for Harbours", -119, "")]),
    "Rukmini Oster": (COMMISSION, [("Commissioner for Estuaries", -700, "")]),
    "Teodor Brask": (COMMISSION, [("Chief Hydrographer", -1500, "")]),
}  # fmt: skip

# Slug, title, days from the load, precision, kind, status, country, city, leads, summary, reason.
ENGAGEMENTS: list[tuple] = [
    (
        "compact-and-commission-in-tunis",
        "Straits Compact and Rivers Commission in Tunis",
        -190,
        "day",
        "meeting",
        "took_place",
        "TN",
        "Tunis",
        ("Ilse Maranth", "Rukmini Oster"),
        "The two bodies agreed on five steps against silt, darkness and duplicated dredging.",
        "",
    ),
    (
        "hydrographers-in-casablanca",
        "Hydrographers of both bodies in Casablanca",
        -93,
        "day",
        "conference",
        "took_place",
        "MA",
        "Casablanca",
        ("Davor Linquist", "Teodor Brask"),
        "The first common chart was gone through, and a sandbank drawn twice was taken out.",
        "",
    ),
    (
        "courtesy-call-on-the-commission",
        "The new envoy presents himself by telephone",
        -60,
        "day",
        "call",
        "took_place",
        None,
        "",
        ("Davor Linquist", "Rukmini Oster"),
        "Half an hour on the fund for the lights; no outcome.",
        "",
    ),
    (
        "pilots-course-in-tirana",
        "Opening of the pilots’ course in Tirana",
        -20,
        "day",
        "other",
        "postponed",
        "AL",
        "Tirana",
        ("Davor Linquist", "Teodor Brask"),
        "Twelve pilots of both bodies were to begin their common training.",
        "The simulator did not arrive in time.",
    ),
    (
        "inspection-of-the-shoals",
        "Joint inspection of the northern shoals",
        -8,
        "day",
        "visit",
        "cancelled",
        "TN",
        "Bizerte",
        ("Davor Linquist", "Rukmini Oster"),
        "The envoys meant to see the lights by night.",
        "The survey ship was sold.",
    ),
    (
        "second-round-in-valletta",
        "Second round of talks in Valletta",
        24,
        "day",
        "meeting",
        "confirmed",
        "MT",
        "Valletta",
        ("Davor Linquist", "Rukmini Oster"),
        "One point is on the agenda: who pays first for the lights.",
        "",
    ),
    (
        "signing-in-algiers",
        "Signing of the fund’s statutes in Algiers",
        75,
        "month",
        "summit",
        "planned",
        "DZ",
        "Algiers",
        ("Ilse Maranth", "Rukmini Oster"),
        "The month is agreed, the day is not.",
        "",
    ),
]

# Engagement, outcome, then actions (title, owner, due in days, updates), each update with its day,
# the status since then and what happened.
OUTCOMES: list[tuple[str, str, list[tuple[str, tuple, int, list[tuple]]]]] = [
    (
        "compact-and-commission-in-tunis",
        "One picture of the water",
        [
            (
                "Draw a common chart of silt and renew it each season",
                COMMISSION,
                -100,
                [
                    (-150, "under_way", "Soundings were exchanged, in two units."),
                    (-100, "done", "The first edition is out."),
                ],
            ),
            (
                "Lend a survey ship for ten weeks a year",
                COMPACT,
                -30,
                [(-40, "dropped", "The ship was sold.")],
            ),
        ],
    ),
    (
        "compact-and-commission-in-tunis",
        "Help that comes sooner",
        [
            (
                "Set up one telephone number for ships in distress",
                COMPACT,
                60,
                [(-70, "under_way", "The number is reserved; the desk is not yet staffed.")],
            ),
            ("Train pilots of both sides together", COMMISSION, 120, []),
            (
                "Found a fund for new lights on the northern shoals",
                COMPACT,
                -15,
                [(-25, "delayed", "Each side waits for the other to pay first.")],
            ),
        ],
    ),
    (
        "hydrographers-in-casablanca",
        "Soundings in one unit",
        [
            (
                "Record every new sounding in metres",
                COMMISSION,
                -5,
                [(-40, "under_way", "The gauges of two rivers are changed over.")],
            ),
            ("Publish the table for turning fathoms into metres", COMPACT, 30, []),
        ],
    ),
]
