from articles.models.articles import (
    Article,
    Edition,
    EditionTopic,
    Language,
)
from articles.models.pictures import Picture, Rendition

__all__ = ["Article", "Edition", "EditionTopic", "Language", "Picture", "Rendition"]
