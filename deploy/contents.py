"""What is in the package, and why the rest is not."""

from fnmatch import fnmatch

# The project's own: what runs, and what it reads.
SCHEMA = ("infra/appsync/prelude.graphql", "infra/appsync/schema.graphql")
PROJECT = ("adminpanel", "shop", "storefront", "templates", *SCHEMA)
# Of these, whatever only a developer's machine needs. Patterns are of whole paths, and `*` stands for slashes too.
NOT_OF_PROJECT = (
    "*/tests/*",
    "*/__pycache__/*",
    "shop/demo/*",
    "shop/management/commands/demo.py",
    "storefront/settings/local.py",
    "storefront/settings/test.py",
    "storefront/settings/twin.py",
    "storefront/embedded_postgres.py",
    "storefront/emptied_tables.py",
    "storefront/migrated_template.py",
    "storefront/testing.py",
    "storefront/worker.py",
    "storefront/stylesheet.py",
    "storefront/management/commands/cloud.py",
    "storefront/management/commands/consumer.py",
    "storefront/management/commands/run.py",
    "storefront/management/commands/twin.py",
    "storefront/management/commands/user_pool.py",
    "storefront/management/commands/worker.py",
)

# What Zappa puts in: its handler runs what a message names, and its settings are the function's own business.
NOT_OF_ZAPPA = ("handler.py", "django_zappa_app.py", "zappa_settings.py", "package_info.json", "__init__.py")

# Of the libraries.
NOT_OF_LIBRARIES = (
    # Lambda's runtime has them.
    "boto3*",
    "botocore*",
    "s3transfer*",
    "jmespath*",
    # Only at hand for development, or read by no program.
    "bin/*",
    "share/*",
    "examples/*",
    "*/tests/*",
    "*/testsuite/*",
    "*.pyi",
    "*.pyx",
    "*.pxd",
    "*.c",
    "*.h",
    "*/py.typed",
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "pycparser*",
    # Static files come from S3.
    "*/static/*",
    # Nothing is translated: the shop speaks English.
    "*.po",
    "*.mo",
    "django/contrib/gis/*",
    "django/contrib/admindocs/*",
    "django/contrib/flatpages/*",
    "django/contrib/redirects/*",
    "django/contrib/sitemaps/*",
    "django/contrib/syndication/*",
    "django/db/backends/mysql/*",
    "django/db/backends/oracle/*",
    # Papers are written in the shop's own fonts, and no picture has text drawn into it.
    "reportlab/fonts/*",
    "reportlab/graphics/samples/*",
    "PIL/_imagingft*",
    "pillow.libs/libfreetype*",
    "pillow.libs/libharfbuzz*",
    # Names of types, for who checks them.
    "stripe/params/*",
)
# All that the shop's words and prices are written in; babel has eight hundred more.
LOCALES = ("root", "en", "en_001", "en_150", "en_GB", "en_US")


def is_left_out(path: str) -> bool:
    """Whether this file of the built package is left out; paths are relative to its root, with slashes."""
    if path.startswith("babel/locale-data/"):
        return path.removeprefix("babel/locale-data/").removesuffix(".dat") not in LOCALES
    return any(fnmatch(path, pattern) for pattern in (*NOT_OF_ZAPPA, *NOT_OF_LIBRARIES))


def is_of_project(path: str) -> bool:
    """Whether this file of the repository goes into the package."""
    inside = any(path == part or path.startswith(f"{part}/") for part in PROJECT)
    return inside and not any(fnmatch(path, pattern) for pattern in NOT_OF_PROJECT)
