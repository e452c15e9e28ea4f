"""A migrated, empty database that test databases are copied from: migrating takes seconds, copying almost nothing."""

import fcntl
import hashlib
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import connection

PREFIX = "migrated_"


def migrated_template() -> str:
    """The name of a database with every migration applied; made at first use and whenever a migration changed."""
    name = PREFIX + fingerprint()
    scratch = Path(settings.BASE_DIR) / ".local"
    scratch.mkdir(exist_ok=True)
    with (scratch / "migrated-template.lock").open("w") as lock:
        # The test runner's other workers wait for the first one instead of migrating as well.
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = templates()
        if name not in known:
            make(name, outdated=known)
    return name


def fingerprint() -> str:
    """Changes whenever a migration does, of ours or of a library's (with its version's)."""
    digest = hashlib.sha256(django.__version__.encode())
    for config in apps.get_app_configs():
        for path in sorted(Path(config.path).glob("migrations/*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def templates() -> list[str]:
    """The templates that the cluster has."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX])
        return [name for (name,) in cursor.fetchall()]


def make(name: str, outdated: list[str]) -> None:
    """Migrate a new database under a working name and give it its own last: one that was cut short is never used."""
    quote = connection.ops.quote_name
    own, test = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    planned, test["NAME"] = test["NAME"], "being_migrated"
    made = connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    connection.close()
    connection.settings_dict["NAME"] = settings.DATABASES[connection.alias]["NAME"] = own
    test["NAME"] = planned
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {quote(made)} RENAME TO {quote(name)}")
        for former in outdated:
            cursor.execute(f"DROP DATABASE IF EXISTS {quote(former)}")
