"""Feeds (RSS, Atom, JSON Feed) and calendars of every public list.

`listings` reads a list from an address; `items` and `change_items` make feed items of its rows;
`description` defines feed and item, and `formats` writes them.
"""
