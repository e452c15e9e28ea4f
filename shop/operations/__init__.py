"""Running the shop: what was released, and whether its backups can be restored.

models    releases and restore drills
releases  writing down a release
drills    restoring a copy of the database and asking whether all of it is there
"""
