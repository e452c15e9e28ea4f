"""Django's sessions in the database, with fewer statements: one to begin a session, one to end it."""

from django.contrib.sessions.backends.base import VALID_KEY_CHARS, CreateError
from django.contrib.sessions.backends.db import SessionStore as TableStore
from django.utils.crypto import get_random_string


class SessionStore(TableStore):
    """A fresh key is not looked for first (inserting it tells whether it was free), and its row is written once, with
    what the session holds at the end of the request."""

    _is_fresh = False

    def create(self) -> None:
        self._session_key = get_random_string(32, VALID_KEY_CHARS)
        self._get_session(no_load=True)  # type: ignore[attr-defined]
        self._is_fresh = self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
        if not self._is_fresh:
            super().save(must_create)
            return
        try:
            super().save(must_create=True)
        except CreateError:
            # Another session's key: one of 160 random bits twice.
            self._session_key = None
            self.save()
        self._is_fresh = False

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            self.model.objects.filter(session_key=key).delete()
        if key == self.session_key:
            self._is_fresh = False
