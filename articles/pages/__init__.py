"""The views of the public pages. They read neither session nor user, so pages can be stored."""
