"""Dates as a newspaper prints them: "28 January 2025", not "28 Jan 2025"."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i"
