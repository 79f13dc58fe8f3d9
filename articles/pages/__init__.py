"""The views of the public pages. They read neither session nor user, so that pages can be stored.

The page store may keep every answer.
"""
