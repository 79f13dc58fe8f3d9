"""RSS, Atom and JSON Feed of anything that a reader can look at, from one description of an item.

`description` says what a feed and its items are, `formats` writes them; `items` makes items of
articles, and `changes` of corrections and of what became of commitments.
"""
