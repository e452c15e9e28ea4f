"""The production settings, loaded in a process of their own."""

import json
import os
import subprocess
import sys
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from sandbox.cloud.server import ENVIRONMENT
from sandbox.twin.names import ADAPTERS, FILES
from shop.adapters import paypal_client
from shop.adapters.aws import client
from shop.adapters.files_s3 import MediaStorage
from storefront.aws.queues import KICKED
from storefront.settings import base, needed

NEEDED = {
    **{name: f"{name.lower()}-x" for name in needed.NEEDED},
    "STAGE": "dev",
    "AWS_REGION": "us-east-1",
    "SECRET_KEY": "0123456789abcdef" * 4,
    "ALLOWED_HOSTS": "shop.example",
    "SITE_URL": "https://shop.example",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1:1/none",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "SELLER_NAME": "A Shop Ltd",
    "SELLER_ADDRESS": "1 Yard,London",
    "TRUSTED_PROXIES": "2",
    "ORIGIN_SECRET": "only-the-edge-knows",
}


def environment_of(variables: dict[str, str]) -> dict[str, str]:
    """Production's, with only these variables of ours."""
    return {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "storefront.settings.aws"} | variables


def check(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """`manage.py check --deploy` with only these variables of ours."""
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=settings.BASE_DIR,
        env=environment_of(environment),
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_djangos_deployment_checks() -> None:
    result = check(NEEDED)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "name",
    [
        "SECRET_KEY",
        "ALLOWED_HOSTS",
        "SITE_URL",
        "STRIPE_WEBHOOK_SECRET",
        "SELLER_ADDRESS",
        "TRUSTED_PROXIES",
        "ORIGIN_SECRET",
    ],
)
def test_a_missing_value_stops_the_start_with_its_name(name: str) -> None:
    result = check({key: value for key, value in NEEDED.items() if key != name})
    assert result.returncode != 0
    assert name in result.stderr


def test_one_message_names_all_that_is_missing_and_what_it_is_for() -> None:
    result = check({name: NEEDED[name] for name in ("SECRET_KEY", "SITE_URL")})
    told = result.stderr[result.stderr.rindex("The shop cannot start") :].strip().splitlines()
    named = {line.strip().partition(": ")[0]: line.partition(": ")[2] for line in told[1:]}
    wanted = needed.NEEDED | needed.DATABASE
    assert named == {name: wanted[name] for name in wanted if name not in ("SECRET_KEY", "SITE_URL")}


def test_a_user_pool_needs_its_names_and_its_secret() -> None:
    pool = dict.fromkeys(("COGNITO_POOL_ID", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET"), "x")
    needed.require(NEEDED | {"ACCOUNTS": "django"})
    needed.require(NEEDED | {"ACCOUNTS": "cognito"} | pool)
    for name in pool:
        with pytest.raises(ImproperlyConfigured, match=f"missing:\n  {name}: .+$"):
            needed.require(NEEDED | {"ACCOUNTS": "cognito"} | pool | {name: ""})


def test_nothing_is_asked_for_that_nobody_reads() -> None:
    folders = (settings.BASE_DIR / name for name in ("shop", "storefront", "adminpanel"))
    files = [path for folder in folders for path in folder.rglob("*.py") if "tests" not in path.parts]
    source = "".join(path.read_text() for path in files if path.name != "needed.py")
    assert [name for name in needed.NEEDED if name not in source] == []


def test_an_empty_value_is_a_missing_one() -> None:
    with pytest.raises(ImproperlyConfigured, match="missing:\n  ORIGIN_SECRET: "):
        needed.require(NEEDED | {"ORIGIN_SECRET": " "})


AURORA = {
    "DATABASE_HOST": "aurora.example",
    "DATABASE_NAME": "shop",
    "DATABASE_USER": "shop",
    "DATABASE_PASSWORD": "p@ss/word",
}


@pytest.mark.parametrize(
    ("authority", "tls"),
    [
        ({}, {"sslmode": "require"}),
        ({"DATABASE_CA": "/var/task/rds.pem"}, {"sslmode": "verify-full", "sslrootcert": "/var/task/rds.pem"}),
    ],
)
def test_aurora_is_always_spoken_to_in_secret(authority: dict[str, str], tls: dict[str, str]) -> None:
    code = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']))"
    environment = environment_of(NEEDED | AURORA | authority)
    del environment["DATABASE_URL"]
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    told = json.loads(result.stdout)
    assert told["OPTIONS"] == {"connect_timeout": 20, **tls}
    assert (told["ENGINE"], told["HOST"], told["PORT"]) == ("shop.adapters.postgres", "aurora.example", 5432)
    assert (told["USER"], told["PASSWORD"]) == ("shop", "p@ss/word")


def test_settings_come_out_of_secrets_before_anything_is_missed(cloud: str) -> None:
    name = f"aspireclothes/{uuid4()}"
    content = {each: NEEDED[each] for each in ("SECRET_KEY", "STRIPE_SECRET_KEY", "ORIGIN_SECRET")}
    client("secretsmanager").create_secret(Name=name, SecretString=json.dumps(content))
    given = {each: value for each, value in NEEDED.items() if each not in content}
    played = {"AWS_ENDPOINT_URL": cloud, **ENVIRONMENT}
    assert check(given | played | {"SECRETS": name}).returncode == 0
    refusal = check(given | played | {"SECRETS": "nothing/here"}).stderr
    assert "The secrets nothing/here cannot be read: there is none of that name" in refusal


PAYPAL = {
    "PAYMENT_PROVIDERS": "stripe,paypal",
    "PAYPAL_CLIENT_ID": "AeA1",
    "PAYPAL_CLIENT_SECRET": "secret",
    "PAYPAL_WEBHOOK_ID": "WH1",
}


def test_paypal_is_switched_on_with_all_that_it_needs() -> None:
    assert check(NEEDED | PAYPAL).returncode == 0
    missing = check(NEEDED | PAYPAL | {"PAYPAL_WEBHOOK_ID": ""})
    assert "PayPal is offered, but PAYPAL_WEBHOOK_ID is empty" in missing.stderr


def test_paypals_credentials_go_nowhere_else_in_production() -> None:
    result = check(NEEDED | PAYPAL | {"PAYPAL_API_BASE": "https://paypal.example"})
    assert result.returncode != 0
    assert "PayPal's credentials must not be sent to another address" in result.stderr


@pytest.mark.parametrize(("providers", "allowed"), [("stripe", False), ("stripe,paypal", True)])
def test_forms_may_lead_to_paypal_only_where_it_is_offered(providers: str, allowed: bool) -> None:
    code = "from django.conf import settings; print(settings.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action'])"
    environment = environment_of(NEEDED | PAYPAL)
    environment["PAYMENT_PROVIDERS"] = providers
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=True
    )
    assert ("https://www.paypal.com" in result.stdout) == allowed


def told(code: str, **changed: str) -> str:
    """What a process with these settings says."""
    command = [sys.executable, "-c", f"from django.conf import settings; {code}"]
    result = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environment_of(NEEDED | changed), capture_output=True, text=True, check=True
    )
    return result.stdout.strip()


@pytest.mark.parametrize(
    ("domain", "files", "allowed"),
    [("shop.example", "", False), ("files.example", "https://files.example", True)],
)
def test_files_come_from_the_edge_and_the_policy_allows_its_name_where_it_is_another(
    domain: str, files: str, allowed: bool
) -> None:
    code = (
        "d = settings.CONTENT_SECURITY_POLICY['DIRECTIVES']; a = settings.ADMIN_CONTENT_SECURITY_POLICY;"
        "kinds = ('script-src', 'style-src', 'img-src', 'font-src', 'manifest-src');"
        "print(settings.STATIC_URL, settings.MEDIA_URL, {'https://files.example' in d[k] for k in kinds},"
        "{'https://files.example' in v for v in a.values()}, settings.STORAGES['default']['BACKEND'])"
    )
    expected = f"{files}/static/ {files}/media/ {{{allowed}}} {{{allowed}}} shop.adapters.files_s3.MediaStorage"
    assert told(code, CDN_DOMAIN=domain) == expected


def test_an_upload_that_is_taken_gets_through_to_lambda() -> None:
    most = int(told("print(settings.UPLOAD_MOST_BYTES)"))
    # The file in base64, and 100 kB for headers and the rest of the form.
    assert most > 3_000_000 and most * 4 / 3 + 100_000 < 6_000_000


def test_the_twin_has_the_adapters_of_aws_on() -> None:
    code = (
        "import json; found = {n: getattr(settings, n) for n in dir(settings)};"
        "print(json.dumps({n: v for n, v in found.items() if isinstance(v, str) and v.startswith('shop.')}))"
    )
    aws = json.loads(told(code))
    chosen = {name: path for name, path in aws.items() if path != getattr(base, name, "")}
    # docs/aws.md: copies of the database are pg_dump's, and two adapters have what moto does not play behind them.
    assert chosen.pop("DATABASE_COPIES") == "shop.adapters.rds.Instances"
    assert issubclass(import_string(ADAPTERS["EDGE_STORE"]), import_string(chosen.pop("EDGE_STORE")))
    assert issubclass(import_string(FILES), MediaStorage)
    assert chosen == {name: path for name, path in ADAPTERS.items() if name != "EDGE_STORE"}


def test_runs_of_jobs_end_before_lambda_ends_them() -> None:
    function = json.loads((settings.BASE_DIR / "zappa_settings.json").read_text())["base"]["timeout_seconds"]
    longest_answer = sum(paypal_client.TIMEOUT_SECONDS)
    assert float(told("print(settings.ROUND_SECONDS)")) + longest_answer < function
    # Those that one kick runs one after the other.
    assert float(told("print(settings.RUN_SECONDS)")) * len(KICKED) < function
