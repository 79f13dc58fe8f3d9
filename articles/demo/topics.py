"""The demo's topics."""

from engagements.models import Topic

TOPICS = {
    "security": ("Security", "Defence, policing, and the limits set to both."),
    "political-dialogue": ("Political dialogue", "Talks between governments, on any subject."),
    "climate": ("Climate", "What states agree on the climate, and in its name."),
    "economy": ("Economy", "Trade, finance and the rules of both."),
    "alliance": ("Alliances", "What allies promise each other, and how they keep in step."),
    "multilateral": ("Summits and conferences", "Many parties at one table, and what they sign."),
    "ports-and-shipping": ("Ports and shipping", "Harbours, sea lanes and those who work there."),
}


def load_topics() -> None:
    for slug, (name, description) in TOPICS.items():
        Topic.objects.create(slug=slug, name=name, description=description)
