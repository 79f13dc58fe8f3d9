"""The public pages. They read neither session nor user, so every one can be cached."""
