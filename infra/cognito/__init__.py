"""The user pool: its template, and what moves people into it."""
