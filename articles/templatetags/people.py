"""How the desk's templates name colleagues."""

from django import template

from articles.wording import name_of

register = template.Library()
register.filter("called", name_of)
