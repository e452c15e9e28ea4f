"""Tables on the pretended AWS, each under a name of its own."""

from uuid import uuid4

from mypy_boto3_dynamodb.type_defs import AttributeDefinitionTypeDef, KeySchemaElementTypeDef

from shop.adapters.aws import client


def make_table(key: str, sort: str = "") -> str:
    """A table with these keys, as text; its name."""
    name = f"test-{uuid4().hex}"
    schema: list[KeySchemaElementTypeDef] = [{"AttributeName": key, "KeyType": "HASH"}]
    attributes: list[AttributeDefinitionTypeDef] = [{"AttributeName": key, "AttributeType": "S"}]
    if sort:
        schema.append({"AttributeName": sort, "KeyType": "RANGE"})
        attributes.append({"AttributeName": sort, "AttributeType": "S"})
    client("dynamodb").create_table(
        TableName=name, KeySchema=schema, AttributeDefinitions=attributes, BillingMode="PAY_PER_REQUEST"
    )
    return name
