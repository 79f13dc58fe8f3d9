"""The desk beside the forms: what waits, one search, clearing up, the calendar of what is planned.

It writes only what `workflow`, `merging` and the forms allow, and asks the database for no more
than a page shows.
"""
