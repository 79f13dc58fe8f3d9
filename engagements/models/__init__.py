from engagements.models.addresses import FormerSlug
from engagements.models.changes import Correction, DateChange
from engagements.models.engagement import Engagement
from engagements.models.outcomes import Action, ActionUpdate, Outcome, Source
from engagements.models.participants import Participant
from engagements.models.parties import Appointment, Organisation, Person
from engagements.models.places import Country, CountryName, EngagementRegion, M49Area, Region
from engagements.models.topics import EngagementTopic, Topic
from engagements.models.tours import Tour

__all__ = [
    "Action",
    "ActionUpdate",
    "Appointment",
    "Correction",
    "Country",
    "CountryName",
    "DateChange",
    "Engagement",
    "EngagementRegion",
    "EngagementTopic",
    "FormerSlug",
    "M49Area",
    "Organisation",
    "Outcome",
    "Participant",
    "Person",
    "Region",
    "Source",
    "Topic",
    "Tour",
]
