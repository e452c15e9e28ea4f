"""Moves somebody from the shop's own tables into the user pool, when they sign in for the first time."""
