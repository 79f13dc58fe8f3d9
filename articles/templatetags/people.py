"""The filter with which the desk's templates name people."""

from django import template

from articles.wording import name_of

register = template.Library()
register.filter("called", name_of)
