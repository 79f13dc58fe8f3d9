"""The desk's own pages: dashboard, search, planning calendar, clean-up and bulk actions.

They change data only through `workflow`, `rescheduling` and the forms, and query only the rows
that a page shows.
"""
