"""Hours of 24, as everywhere else in the shop."""

DATETIME_FORMAT = "j M Y, H:i"
TIME_FORMAT = "H:i"
