"""Countries, names, areas and regions as they are shipped and loaded."""

from collections import defaultdict
from datetime import date

import pytest
from django.apps import apps

from engagements import reference
from engagements.models import Country, CountryName, M49Area, Region
from engagements.reference.build import build
from engagements.text import fold

DATA = reference.read()
COUNTRIES = {entry["code"]: entry for entry in DATA["countries"]}
AREAS = {entry["code"]: entry for entry in DATA["areas"]}
REGIONS = {entry["slug"]: entry for entry in DATA["regions"]}

# Nobody lives there for good, so no desk follows them.
UNINHABITED = {"AQ", "BV", "GS", "HM", "TF", "UM"}

SPELLINGS = {
    # as CLDR has it, with and without accents
    "Algeria": "DZ",
    "Türkiye": "TR",
    "Turkiye": "TR",
    "Sao Tome and Principe": "ST",
    "Curacao": "CW",
    # "and", "Saint" and both apostrophes
    "Antigua and Barbuda": "AG",
    "Bosnia and Herzegovina": "BA",
    "Trinidad and Tobago": "TT",
    "Saint Lucia": "LC",
    "St. Lucia": "LC",
    "Saint Kitts and Nevis": "KN",
    "Saint Vincent and the Grenadines": "VC",
    "Cote d'Ivoire": "CI",
    "Cote d’Ivoire": "CI",
    "China, People's Republic of": "CN",
    "China, People’s Republic of": "CN",
    # turned round, long forms and short forms
    "Congo, Democratic Republic of": "CD",
    "Congo, Republic of": "CG",
    "Democratic Republic of the Congo (Zaire)": "CD",
    "DRC": "CD",
    "Germany, Federal Republic of": "DE",
    "Korea": "KR",
    "Korea, North": "KP",
    "Korea, Republic of": "KR",
    "Korea, South": "KR",
    "Republic of Korea": "KR",
    "South Korea": "KR",
    "Micronesia, Federated States of": "FM",
    "Brunei Darussalam": "BN",
    "Bosnia-Herzegovina": "BA",
    "Kyrgyz Republic": "KG",
    "Slovak Republic": "SK",
    "Somali Republic": "SO",
    "The Gambia": "GM",
    "Timor Leste": "TL",
    "Russian Federation": "RU",
    "Viet Nam": "VN",
    "UK": "GB",
    "U.S.": "US",
    "USA": "US",
    # earlier names
    "Burma": "MM",
    "Burma (Myanmar)": "MM",
    "Myanmar": "MM",
    "Cape Verde": "CV",
    "Cabo Verde": "CV",
    "Czech Republic": "CZ",
    "East Timor": "TL",
    "Holland": "NL",
    "Ivory Coast": "CI",
    "Macedonia": "MK",
    "Macedonia, Former Yugoslav Republic of": "MK",
    "Swaziland": "SZ",
    "Turkey": "TR",
    "Western Samoa": "WS",
    # a part or an authority in place of the country
    "Afghanistan (Interim Authority)": "AF",
    "Denmark (Greenland)": "GL",
    "Holy See": "VA",
    "Palestine": "PS",
    "Palestinian Authority": "PS",
    "United Kingdom (Northern Ireland)": "GB",
    "United Kingdom (Wales)": "GB",
    "Vatican City": "VA",
    "West Bank": "PS",
    "Yugoslavia (Kosovo)": "XK",
    # former states
    "Czechoslovakia": "CSHH",
    "East Germany": "DDDE",
    "Serbia and Montenegro": "CSXX",
    "USSR": "SUHH",
    "Yugoslavia": "YUCS",
    "Zaire": "ZRCD",
    # other languages
    "Algérie": "DZ",
    "Allemagne": "DE",
    "الجزائر": "DZ",
}


def test_build_gives_shipped_file():
    """What is shipped is what the script makes, byte for byte."""
    assert build().encode() == reference.PATH.read_bytes()


def test_countries_are_iso_kosovo_and_former_states():
    """There are the 249 of ISO 3166-1, Kosovo and former states, each code once."""
    codes = [entry["code"] for entry in DATA["countries"]]
    assert len(codes) == len(set(codes))
    assert len([code for code in codes if len(code) == 2]) == 250
    assert {"SUHH", "YUCS", "CSHH", "DDDE", "CSXX", "ANHH", "ZRCD", "BUMM", "YDYE"} < set(codes)
    assert (COUNTRIES["XK"]["name"], COUNTRIES["XK"]["area"]) == ("Kosovo", "039")


def test_iso_codes_are_complete_and_unique():
    """Every present country but Kosovo has a three-letter and a numeric code of its own."""
    current = [entry for entry in DATA["countries"] if len(entry["code"]) == 2]
    for key in ("alpha3", "numeric"):
        values = [entry[key] for entry in current if entry["code"] != "XK"]
        assert {len(value) for value in values} == {3}
        assert len(values) == len(set(values))
    assert [COUNTRIES["DE"][key] for key in ("alpha3", "numeric")] == ["DEU", "276"]


def test_areas_form_one_tree():
    """Every area but the world lies in another, and all of them in the world."""
    assert [code for code, area in AREAS.items() if area["parent"] is None] == ["001"]
    for code in AREAS:
        steps = [code]
        while steps[-1] != "001":
            assert len(steps) < 5
            steps.append(AREAS[steps[-1]]["parent"])


def test_areas_of_countries_are_known():
    """Every country lies in an area, and only Antarctica directly in the world."""
    assert {entry["area"] for entry in DATA["countries"]} <= set(AREAS)
    assert [code for code, entry in COUNTRIES.items() if entry["area"] == "001"] == ["AQ"]


def test_validity_is_in_order():
    """A state ends after it begins, every former state has ended or its end is unknown."""
    for code, entry in COUNTRIES.items():
        first, last = (
            date.fromisoformat(entry[key]) if entry[key] else None
            for key in ("valid_from", "valid_until")
        )
        assert not (first and last) or first < last, code
        assert last is None or len(code) == 4, code


def test_names_fit_their_columns():
    """Every name fits, and so does its search text."""
    for code, entry in COUNTRIES.items():
        for name in (entry["name"], *entry["aliases"], *entry["names"].values()):
            assert len(name) <= 100, code
            assert len(fold(f"{name} {code} {entry['alpha3']}")) <= 120, code


def test_name_or_alias_belongs_to_one_country():
    """What an import looks up has one answer."""
    owners = defaultdict(set)
    for code, entry in COUNTRIES.items():
        for name in (entry["name"], *entry["aliases"]):
            owners[fold(name)].add(code)
    assert {name: codes for name, codes in owners.items() if len(codes) > 1} == {}


@pytest.mark.parametrize(("spelling", "code"), SPELLINGS.items())
def test_spelling_finds_its_country(spelling, code):
    """Names, aliases and translations find the country, without regard to case and accents."""
    found = {
        candidate
        for candidate, entry in COUNTRIES.items()
        for name in (entry["name"], *entry["aliases"], *entry["names"].values())
        if fold(name) == fold(spelling)
    }
    assert found == {code}


def test_misspelling_is_no_alias():
    """A slip in someone's list is mended where it is imported, not taught to everyone."""
    names = {fold(name) for entry in COUNTRIES.values() for name in entry["aliases"]}
    assert "somoa" not in names


def test_regions_hold_known_countries():
    """A region's countries exist, stand once, and the regions are in an order."""
    assert len(REGIONS) >= 8
    for entry in DATA["regions"]:
        assert set(entry["countries"]) <= set(COUNTRIES), entry["slug"]
        assert len(entry["countries"]) == len(set(entry["countries"])), entry["slug"]
        assert entry["description"].endswith("."), entry["slug"]
    positions = [entry["position"] for entry in DATA["regions"]]
    assert positions == sorted(set(positions))


def test_every_inhabited_country_is_in_a_region():
    """No visit falls between the desks."""
    held = {code for entry in DATA["regions"] for code in entry["countries"]}
    assert set(COUNTRIES) - held == UNINHABITED


def test_southern_neighbourhood_is_three_desks():
    """It is the Middle East, North Africa and the Sahel, without Türkiye."""
    parts = (REGIONS[slug]["countries"] for slug in ("middle-east", "north-africa", "sahel"))
    assert set(REGIONS["southern-neighbourhood"]["countries"]) == set().union(*parts) - {"TR"}


@pytest.mark.django_db
def test_migrations_load_everything():
    """A new site has it all, with the search text that the models' own save would write."""
    reference.load(apps)  # in case a test before this one emptied the tables
    assert M49Area.objects.count() == len(AREAS)
    assert Country.objects.count() == len(COUNTRIES)
    assert set(Region.objects.values_list("slug", flat=True)) == set(REGIONS)
    assert Region.objects.get(slug="western-balkans").countries.filter(code="XK").exists()
    for row in (Country.objects.get(code="TR"), CountryName.objects.get(name="Algérie")):
        loaded = row.search_text
        row.save()
        assert row.search_text == loaded


@pytest.mark.django_db
def test_load_twice_changes_nothing(django_assert_max_num_queries):
    """A second load adds no row, and asks little."""
    reference.load(apps)
    models = (M49Area, Country, CountryName, Region, Region.countries.through)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    with django_assert_max_num_queries(10):
        reference.load(apps)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


@pytest.mark.django_db
def test_load_keeps_what_was_edited():
    """A renamed country, a removed alias and a regrouped region stay as the operator left them."""
    reference.load(apps)
    Country.objects.filter(code="TW").update(name="Formosa")
    CountryName.objects.filter(country__code="MM", name="Burma").delete()
    Region.objects.get(slug="sahel").countries.set(Country.objects.filter(code="ML"))
    reference.load(apps)
    assert Country.objects.get(code="TW").name == "Formosa"
    assert not CountryName.objects.filter(country__code="MM", name="Burma").exists()
    assert [c.code for c in Region.objects.get(slug="sahel").countries.all()] == ["ML"]


@pytest.mark.django_db
def test_load_completes_what_was_lost():
    """A country that is missing comes back with its names."""
    reference.load(apps)
    Country.objects.filter(code="NU").delete()
    reference.load(apps)
    niue = Country.objects.get(code="NU")
    assert set(niue.names.values_list("language", flat=True)) == {"ar", "fr"}


@pytest.mark.parametrize(
    ("code", "name", "place"),
    [
        ("DZ", "Algiers", (3.087, 36.732)),
        ("DZ", "alger", (3.087, 36.732)),
        ("DZ", "الجزائر", (3.087, 36.732)),
        ("MA", "Casablanca", (-7.611, 33.588)),
        ("CL", "Valparaíso", (-71.63, -33.036)),
        ("US", "Washington, D.C.", (-77.036, 38.895)),
        ("BE", "Brussels (headquarters)", (4.349, 50.85)),
        ("FR", "Algiers", None),
        ("FR", "", None),
        ("FR", ",", None),
        ("FR", "paris|x", None),
        ("FR", "2.349 48.853", None),
        ("??", "Paris", None),
        ('"', "Paris\x00", None),
    ],
)
def test_city_is_found_by_its_names(code, name, place):
    """In English, French and Arabic, in its own country only; of two the larger one."""
    assert reference.find_city(code, name) == place
