"""How the desk's templates name colleagues."""

from django import template

from articles.autosave import name_of

register = template.Library()
register.filter("called", name_of)
