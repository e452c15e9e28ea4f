"""Hashed static files for production."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Names by content, also inside `import ... from "./other.js"`: a module loaded under two names runs twice."""

    support_js_module_import_aggregation = True
