"""The edge keeps public pages and nothing else, and hands on what the shop needs."""

import inspect
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from infra import load
from shop.adapters.edge_cloudfront import HEADER

GIVEN = {
    "OriginSecret": "s" * 32,
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/a",
    "SiteDomain": "x.example",
}
PUBLIC, FILES = "edge.PublicPages", "edge.Files"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-38738e2966ac"
# How headers begin that no response headers policy may remove ("Headers that you can't remove" in CloudFront's guide):
# it refuses a policy that names one.
KEPT_BY_CLOUDFRONT = ("x-edge-", "x-amz-cf-", "x-amzn-", "x-accel-", "x-cache", "proxy-")
# What a part of an address stands for in a real one.
SAMPLES = {"slug": "merino-jumper", "str": "some-text", "int": "7", "path": "a/b"}


def distribution() -> dict[str, Any]:
    found: dict[str, Any] = load.resources("edge", "dev", given=GIVEN)["Distribution"].properties["DistributionConfig"]
    return found


def behaviour(path: str) -> dict[str, Any]:
    """Who answers for a path: the first pattern that fits, as CloudFront reads them."""
    config = distribution()
    fitting = (each for each in config["CacheBehaviors"] if fnmatchcase(path, each["PathPattern"]))
    found: dict[str, Any] = next(fitting, config["DefaultCacheBehavior"])
    return found


def addresses(patterns: list[Any], before: str = "/") -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        words = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, words)
        elif isinstance(pattern, URLPattern) and "^" not in words and not words.startswith(("/sandbox/", "/media/")):
            for kind, sample in SAMPLES.items():
                while f"<{kind}:" in words:
                    start = words.index(f"<{kind}:")
                    words = words[:start] + sample + words[words.index(">", start) + 1 :]
            yield words, pattern.callback


def is_public(view: Any) -> bool:
    """Whether shop.core.http.public_page stands before the view."""
    while view is not None:
        if "public_page." in getattr(getattr(view, "__code__", None), "co_qualname", ""):
            return True
        view = getattr(view, "__wrapped__", None)
    return False


def test_public_pages_are_kept_and_nothing_else() -> None:
    public: set[str] = set()
    personal: set[str] = set()
    for path, view in addresses(get_resolver().url_patterns):
        (public if is_public(view) else personal).add(path)
    assert {"/", "/shop/", "/product/merino-jumper/", "/search/suggest/", "/sitemap.xml"} <= public
    assert {"/cart/", "/me/", "/checkout/", "/admin/", "/webhooks/stripe/", "/healthz"} <= personal
    assert {path for path in public if behaviour(path)["CachePolicyId"] != PUBLIC} == set()
    assert {path for path in personal if behaviour(path)["CachePolicyId"] != CACHING_DISABLED} == set()


def test_whatever_is_public_is_the_view_of_an_address() -> None:
    """A part of a view that is public by itself would be kept by no pattern, and show its tags to visitors."""
    seen = {inspect.unwrap(view).__name__ for _, view in addresses(get_resolver().url_patterns) if is_public(view)}
    written = {
        found[1]
        for path in (load.FOLDER.parent / "shop").rglob("*.py")
        for found in re.finditer(r"^@public_page\(.*\)\n(?:@.*\n)*def (\w+)", path.read_text(), re.MULTILINE)
    }
    assert len(written) > 5
    assert written - seen == set()


def test_no_pattern_is_there_for_nothing() -> None:
    paths = [path for path, view in addresses(get_resolver().url_patterns) if is_public(view)]
    paths += ["/static/css/shop.css", "/media/p/1.webp"]
    for each in distribution()["CacheBehaviors"]:
        assert any(behaviour(path) == each for path in paths), each["PathPattern"]


def test_a_public_page_is_asked_for_without_cookies_but_with_its_query() -> None:
    policy = load.resources("edge", "dev")["PublicPages"].properties["CachePolicyConfig"]
    key = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert key["CookiesConfig"] == {"CookieBehavior": "none"}
    assert key["HeadersConfig"] == {"HeaderBehavior": "none"}
    assert key["QueryStringsConfig"] == {"QueryStringBehavior": "all"}
    # A page that says nothing about how long is not kept.
    assert (policy["MinTTL"], policy["DefaultTTL"]) == (0, 0)
    assert "OriginRequestPolicyId" not in behaviour("/")
    assert "AllowedMethods" not in behaviour("/")


def test_a_personal_page_gets_all_that_the_browser_sent_and_is_never_kept() -> None:
    personal = distribution()["DefaultCacheBehavior"]
    assert personal["CachePolicyId"] == CACHING_DISABLED
    assert personal["OriginRequestPolicyId"] == ALL_VIEWER_EXCEPT_HOST
    assert {"POST", "PUT", "DELETE"} <= set(personal["AllowedMethods"])


def test_no_error_is_kept_for_the_next_visitor() -> None:
    errors = {each["ErrorCode"]: each["ErrorCachingMinTTL"] for each in distribution()["CustomErrorResponses"]}
    assert errors == dict.fromkeys([400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504], 0)


def test_the_shop_is_shown_the_secret_and_asked_by_tls() -> None:
    origin = distribution()["Origins"][0]
    assert origin["OriginCustomHeaders"] == [{"HeaderName": "X-Origin-Secret", "HeaderValue": "s" * 32}]
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["OriginPath"] == "/dev"
    assert load.template("edge")["Parameters"]["OriginSecret"]["NoEcho"] is True


def test_files_come_from_the_buckets_by_access_control_alone() -> None:
    origins = {each["Id"]: each for each in distribution()["Origins"]}
    access = load.resources("edge", "dev")["Access"].properties["OriginAccessControlConfig"]
    assert (access["OriginAccessControlOriginType"], access["SigningBehavior"]) == ("s3", "always")
    for name in ("static", "media"):
        bucket = f"aspireclothes-dev-{name}-123456789012-us-east-1"
        assert origins[name]["DomainName"] == f"{bucket}.s3.us-east-1.amazonaws.com"
        assert origins[name]["OriginAccessControlId"] == "edge.Access.Id"
        assert behaviour(f"/{name}/a/b.webp")["TargetOriginId"] == name
        assert behaviour(f"/{name}/a/b.webp")["CachePolicyId"] == FILES
        policy = load.resources("edge", "dev")[f"{name.title()}Policy"].properties
        assert policy["Bucket"] == bucket
        allowed = [each for each in policy["PolicyDocument"]["Statement"] if each["Effect"] == "Allow"]
        assert [each["Condition"]["StringEquals"] for each in allowed] == [
            {"aws:SourceArn": "arn:aws:cloudfront::123456789012:distribution/edge.Distribution"}
        ]


def test_every_visitor_comes_by_tls() -> None:
    config = distribution()
    everyone = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {each["ViewerProtocolPolicy"] for each in everyone} == {"redirect-to-https"}
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"


@pytest.mark.parametrize(
    ("given", "site"),
    [({}, "https://edge.Distribution.DomainName"), (GIVEN, "https://x.example")],
    ids=["bare", "named"],
)
def test_the_shop_is_told_its_address(given: dict[str, str], site: str) -> None:
    made = load.resources("edge", "dev", given=given)
    assert made["SiteSetting"].properties["Value"] == site
    assert made["HostsSetting"].properties["Value"] == site.removeprefix("https://")
    assert made["ProxiesSetting"].properties["Value"] == "2"


def test_a_standby_takes_over_only_where_there_is_one() -> None:
    zone = {**GIVEN, "HostedZoneId": "Z1"}
    alone = load.resources("edge", "dev", given=zone)
    assert "Failover" not in alone["Address"].properties
    assert not {"Standby", "Standby6", "Health", "HealthAlarm"} & set(alone)
    both = load.resources("edge", "dev", given={**zone, "StandbyDomain": "d-1.example", "StandbyZoneId": "Z2"})
    assert {both[name].properties["HealthCheckId"] for name in ("Address", "Address6")} == {"edge.Health"}
    for first, second in (("Address", "Standby"), ("Address6", "Standby6")):
        names = [both[name].properties for name in (first, second)]
        assert [name["Failover"] for name in names] == ["PRIMARY", "SECONDARY"]
        assert len({(name["Name"], name["Type"]) for name in names}) == 1
        assert names[1]["AliasTarget"] == {"DNSName": "d-1.example", "HostedZoneId": "Z2"}
    # An address that wakes no database.
    assert both["Health"].properties["HealthCheckConfig"]["ResourcePath"] == "/healthz"


def test_the_firewall_refuses_floods_and_known_attacks_but_not_providers() -> None:
    rules = load.resources("firewall", "dev")["WebAcl"].properties["Rules"]
    assert [rule["Name"] for rule in rules] == [
        "known-bad-addresses",
        "too-many-requests",
        "too-many-forms",
        "common-attacks",
    ]
    limits = [rule["Statement"]["RateBasedStatement"] for rule in rules if "RateBasedStatement" in rule["Statement"]]
    assert [each["Limit"] for each in limits] == [2000, 100]
    assert all("/webhooks/" in str(each["ScopeDownStatement"]) for each in limits)


def test_what_the_firewall_finds_it_refuses_but_for_three_rules_that_staff_would_break() -> None:
    rules = {rule["Name"]: rule for rule in load.resources("firewall", "dev")["WebAcl"].properties["Rules"]}
    managed = {name: rule["Statement"].get("ManagedRuleGroupStatement") for name, rule in rules.items()}
    assert {name: group["Name"] for name, group in managed.items() if group} == {
        "known-bad-addresses": "AWSManagedRulesAmazonIpReputationList",
        "common-attacks": "AWSManagedRulesCommonRuleSet",
    }
    # As the group itself says: Count in its place would only watch.
    assert [rules[name]["OverrideAction"] for name, group in managed.items() if group] == [{"None": {}}] * 2
    assert {"Block"} == {next(iter(rules[name]["Action"])) for name, group in managed.items() if not group}
    counted = managed["common-attacks"]["RuleActionOverrides"]
    assert {each["Name"] for each in counted} == {
        *("SizeRestrictions_BODY", "CrossSiteScripting_BODY", "GenericRFI_BODY")
    }


def test_only_what_people_fill_in_counts_as_a_form() -> None:
    rules = load.resources("firewall", "dev")["WebAcl"].properties["Rules"]
    (forms,) = (rule for rule in rules if rule["Name"] == "too-many-forms")
    post, *others = forms["Statement"]["RateBasedStatement"]["ScopeDownStatement"]["AndStatement"]["Statements"]
    assert (post["ByteMatchStatement"]["SearchString"], post["ByteMatchStatement"]["FieldToMatch"]) == (
        "POST",
        {"Method": {}},
    )
    uncounted = [each["NotStatement"]["Statement"]["ByteMatchStatement"] for each in others]
    assert {each["PositionalConstraint"] for each in uncounted} == {"STARTS_WITH"}
    # Each page sends /activity/ by itself; machines send the others. A form of people's is none of them.
    assert sorted(each["SearchString"] for each in uncounted) == ["/activity/", "/graphql/", "/webhooks/"]
    paths = [path for path, view in addresses(get_resolver().url_patterns)]
    for each in uncounted:
        views = [path for path in paths if path.startswith(each["SearchString"])]
        assert views, f"{each['SearchString']} is no address of the shop"


def test_the_edge_reads_the_tags_that_the_shop_sends_and_shows_them_to_nobody() -> None:
    assert distribution()["CacheTagConfig"] == {"HeaderName": HEADER}
    policy = load.resources("edge", "dev")["PageHeaders"].properties["ResponseHeadersPolicyConfig"]
    assert policy["RemoveHeadersConfig"] == {"Items": [{"Header": HEADER}]}
    assert not HEADER.lower().startswith(KEPT_BY_CLOUDFRONT)
    pages = [each for each in distribution()["CacheBehaviors"] if each["CachePolicyId"] == PUBLIC]
    assert {each["ResponseHeadersPolicyId"] for each in pages} == {"edge.PageHeaders"}
