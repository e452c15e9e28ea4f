"""Public pages kept at an edge: what they show is known by tags, and a change purges exactly the pages that show it.

models      what is still to be purged, and what purging has cost
services    writing that down, doing it, and its monthly limit
middleware  answers out of the store, and tells it what to keep
"""
