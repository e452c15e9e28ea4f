#!/usr/bin/env python
"""Django's command line; without DATABASE_URL it brings up the embedded PostgreSQL first."""

import os
import sys

from django.core.management import execute_from_command_line

from shop.core.parents import end_with_parent_if_asked

# Settings for which the embedded PostgreSQL is the database, where no other is named.
LAPTOP = ("storefront.settings.local", "storefront.settings.twin")


def main() -> None:
    """Run one management command."""
    end_with_parent_if_asked()
    settings = os.environ.setdefault("DJANGO_SETTINGS_MODULE", "storefront.settings.local")
    if settings in LAPTOP and not os.environ.get("DATABASE_URL"):
        # A development extra, which a production package does not carry.
        from storefront.embedded_postgres import start_or_exit  # noqa: PLC0415

        os.environ["DATABASE_URL"] = start_or_exit()
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        # As a shell has it for whoever pressed Ctrl-C.
        sys.stderr.write("Interrupted.\n")
        sys.exit(130)
