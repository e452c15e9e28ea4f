"""The shop's names: each has its certificate, and another one leads to the shop's own, with what was asked for."""

import json
import re
import shutil
import subprocess

import pytest

from infra import load

GIVEN = {
    "Name": "www.x.example",
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/b",
    "SiteDomain": "x.example",
    "HostedZoneId": "Z123",
}
NODE = """
const handler = new Function(process.argv[1] + '; return handler;')();
const [uri, query] = JSON.parse(process.argv[2]);
console.log(JSON.stringify(handler({ request: { uri, rawQueryString: () => query } })));
"""


@pytest.mark.parametrize(
    ("uri", "query", "location"),
    [
        ("/", "", "https://x.example/"),
        ("/product/quarry/", "colour=sky&size=M", "https://x.example/product/quarry/?colour=sky&size=M"),
        ("//evil.example/", "", "https://x.example//evil.example/"),
        ("/search/", "q=a%20b%26c", "https://x.example/search/?q=a%20b%26c"),
    ],
)
def test_every_address_leads_to_the_same_one_of_the_shop(uri: str, query: str, location: str) -> None:
    node = shutil.which("node")
    if not node:
        pytest.skip("Node is not installed")
    code = load.resources("name", "dev", given=GIVEN)["Elsewhere"].properties["FunctionCode"]
    told = subprocess.run(
        [node, "-e", NODE, code, json.dumps([uri, query])], capture_output=True, check=True, text=True
    ).stdout
    assert json.loads(told) == {
        "statusCode": 308,
        "statusDescription": "Permanent Redirect",
        "headers": {"location": {"value": location}},
    }


def test_the_longest_name_still_names_a_function() -> None:
    """CloudFront: 64 letters, figures, hyphens and underscores."""
    longest = int(load.template("name")["Parameters"]["Name"]["MaxLength"])
    name = "www." + "x" * (longest - len("www..example")) + ".example"
    made = load.resources("name", "production", given={**GIVEN, "Name": name})
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", made["Elsewhere"].properties["Name"])


def test_the_function_answers_before_the_shop_is_asked() -> None:
    made = load.resources("name", "dev", given=GIVEN)
    config = made["Distribution"].properties["DistributionConfig"]
    (association,) = config["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association == {"EventType": "viewer-request", "FunctionARN": "name.Elsewhere.FunctionMetadata.FunctionARN"}
    assert (config["Aliases"], config.get("CacheBehaviors", [])) == (["www.x.example"], [])
    assert [made[name].properties["Type"] for name in ("Address", "Address6")] == ["A", "AAAA"]
    assert made["Elsewhere"].properties["Name"] == "aspireclothes-dev-www-x-example"


def test_a_certificate_is_proved_in_the_zone_of_its_name_and_made_where_the_edge_takes_it() -> None:
    given = {"Name": "x.example", "HostedZoneId": "Z123"}
    certificate = load.resources("certificate", "dev", given=given)["Certificate"].properties
    assert (certificate["DomainName"], certificate["ValidationMethod"]) == ("x.example", "DNS")
    assert certificate["DomainValidationOptions"] == [{"DomainName": "x.example", "HostedZoneId": "Z123"}]
    (rule,) = load.template("certificate")["Rules"]["OnlyThere"]["Assertions"]
    assert rule["Assert"] == {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}
