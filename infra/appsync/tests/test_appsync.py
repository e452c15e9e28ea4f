"""Schema, resolvers, template and limits say the same, and AppSync's stand-in takes the schema."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cfnlint.api import ManualArgs, lint_file
from cfnlint.decode import cfn_yaml
from graphql import GraphQLObjectType, GraphQLSchema, build_schema, get_named_type

from deploy.contents import PROJECT
from shop.adapters.aws import client
from shop.graphql import execution, limits
from shop.graphql.execution import schema
from shop.graphql.resolvers import FIELDS

FOLDER = Path(__file__).parent.parent
TEMPLATE = FOLDER / "template.yaml"
SCHEMA = (FOLDER / "schema.graphql").read_text()


def resources(kind: str) -> list[dict[str, Any]]:
    """The properties of the template's resources of that kind, such as "Resolver"."""
    every = cfn_yaml.load(str(TEMPLATE))["Resources"].values()
    return [each["Properties"] for each in every if each["Type"].endswith(f"::{kind}")]


def test_cloudformation_would_take_it() -> None:
    # The files beside it are uploaded by `aws cloudformation package`, which is what W3002 reminds of.
    config = ManualArgs(regions=["us-east-1", "eu-west-2"], ignore_checks=["W3002"])
    assert lint_file(TEMPLATE, config=config) == []


def test_every_field_of_query_has_a_resolver_here_and_there() -> None:
    query = schema().query_type
    fields = set(query.fields) if query else set()
    assert {each["FieldName"] for each in resources("Resolver")} == set(FIELDS) == fields
    assert {each["TypeName"] for each in resources("Resolver")} == {"Query"}
    for each in resources("Resolver"):
        assert (FOLDER / each["CodeS3Location"]).is_file()
        assert each["MaxBatchSize"] == limits.MAX_ROOTS
    assert (FOLDER / resources("GraphQLSchema")[0]["DefinitionS3Location"]).read_text() == SCHEMA


def test_the_package_has_what_the_address_reads() -> None:
    assert set(execution.SCHEMA) <= set(PROJECT)


def test_both_ways_in_have_the_same_limits() -> None:
    (api,) = resources("GraphQLApi")
    assert api["QueryDepthLimit"] == limits.MAX_DEPTH
    assert api["ResolverCountLimit"] == limits.MAX_ROOTS
    assert api["LogConfig"]["ExcludeVerboseContent"] is True
    assert not resources("ApiCache")


def test_it_may_call_the_shops_function_and_no_other() -> None:
    (source,) = resources("DataSource")
    assert source["LambdaConfig"] == {"LambdaFunctionArn": {"Ref": "FunctionArn"}}
    roles = {each["Policies"][0]["PolicyName"]: each["Policies"][0] for each in resources("Role")}
    (statement,) = roles["call-the-shop"]["PolicyDocument"]["Statement"]
    assert (statement["Action"], statement["Resource"]) == ("lambda:InvokeFunction", {"Ref": "FunctionArn"})


def test_appsyncs_own_scalars_and_directives_are_declared_apart() -> None:
    assert "scalar " not in SCHEMA and "directive " not in SCHEMA
    with pytest.raises(TypeError, match="Unknown"):
        build_schema(SCHEMA)
    used = set(re.findall(r"\bAWS\w+|@aws_\w+", SCHEMA))
    prelude = (FOLDER / "prelude.graphql").read_text()
    assert used == set(re.findall(r"\bAWS\w+|@aws_\w+", prelude))


def reachable(schema: GraphQLSchema) -> set[str]:
    found: set[str] = set()
    waiting = [schema.query_type]
    while waiting:
        kind = waiting.pop()
        if isinstance(kind, GraphQLObjectType) and kind.name not in found:
            found.add(kind.name)
            waiting += [get_named_type(field.type) for field in kind.fields.values()]
    return found


def test_every_type_answers_key_and_iam_alike() -> None:
    # A type without them answers the key only, and fields of it are errors for who comes with IAM.
    marked = set(re.findall(r"^type (\w+) @aws_api_key @aws_iam \{", SCHEMA, re.MULTILINE))
    assert marked == set(re.findall(r"^type (\w+)", SCHEMA, re.MULTILINE)) == reachable(schema())


@pytest.mark.parametrize("broken", ["", "type Nothing {"])
def test_the_pretended_appsync_takes_the_schema_and_no_broken_one(cloud: str, broken: str) -> None:
    appsync = client("appsync")
    api = appsync.create_graphql_api(name=f"shop-{uuid4()}", authenticationType="API_KEY")["graphqlApi"]["apiId"]
    appsync.start_schema_creation(apiId=api, definition=(SCHEMA + broken).encode())
    status = appsync.get_schema_creation_status(apiId=api)["status"]
    assert status == ("FAILED" if broken else "SUCCESS")
    if not broken:
        told = (
            appsync.get_introspection_schema(apiId=api, format="SDL", includeDirectives=True)["schema"].read().decode()
        )
        assert "type ProductPage" in told and "search(words: String!" in told
    appsync.delete_graphql_api(apiId=api)


NODE = """
const { readFileSync } = require('fs');
const source = readFileSync(process.argv[1], 'utf8').replace(/^import.*$/m, '').replaceAll('export ', '');
const util = { error: (message, type) => { throw { message, type }; } };
const { request, response } = new Function('util', source + '; return { request, response };')(util);
const [step, ctx] = JSON.parse(process.argv[2]);
let told;
try { told = { value: (step === 'request' ? request : response)(ctx) }; } catch (error) { told = { error }; }
console.log(JSON.stringify(told));
"""


def run(step: str, ctx: dict[str, Any]) -> Any:
    """What resolver.js makes of a context, run by Node with a `util` of ours."""
    node = shutil.which("node")
    if not node:
        pytest.skip("Node is not installed")
    command = [node, "-e", NODE, str(FOLDER / "resolver.js"), json.dumps([step, ctx])]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def test_the_resolvers_code_asks_in_a_batch_and_passes_on_what_it_is_told() -> None:
    info = {"fieldName": "stock", "parentTypeName": "Query", "selectionSetList": ["sku"]}
    asked = run("request", {"info": {**info, "variables": {}}, "args": {"skus": ["a"]}, "identity": {"sub": "x"}})
    assert asked["value"] == {"operation": "BatchInvoke", "payload": {"info": info, "arguments": {"skus": ["a"]}}}
    assert run("response", {"result": {"data": [{"sku": "a"}]}}) == {"value": [{"sku": "a"}]}
    refused = {"data": None, "errorMessage": "There is no such page.", "errorType": "NOT_FOUND"}
    assert run("response", {"result": refused}) == {"error": {"message": "There is no such page.", "type": "NOT_FOUND"}}
    told = run("response", {"error": {"message": "swordfish", "type": "Lambda:Unhandled"}, "result": None})
    assert told == {"error": {"message": "Something went wrong on our side.", "type": "INTERNAL_ERROR"}}
