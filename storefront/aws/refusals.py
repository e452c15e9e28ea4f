"""Why the function does not take an event."""


class Refused(Exception):
    """An event that nobody here understands or may send. Raised, so that a queue keeps it and the caller hears why."""
