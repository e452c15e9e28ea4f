"""What a deploy of a stage would put into the environment, where moto plays AWS."""

from infra import load
from sandbox.cloud.server import ACCOUNT, REGION

# What the shop talks to there; everything else stays the laptop's own.
SETTINGS = (
    "STAGE",
    "CARTS_TABLE",
    "ACTIVITY_TABLE",
    "EVENT_BUS_NAME",
    "EVENTS_QUEUE_ARN",
    "MAIL_FEEDBACK_QUEUE_ARN",
    "KICK_QUEUE_ARN",
    "MAIL_CONFIGURATION_SET",
    "MEDIA_BUCKET",
    "STAFF_TOPIC_ARN",
)
# The adapters that are on, by the setting that chooses each.
ADAPTERS = {
    "CART_STORE": "shop.cart.dynamodb.DynamoCartStore",
    "ACTIVITY_STORE": "shop.activity.dynamodb.DynamoActivityStore",
    "EVENT_BUS": "shop.adapters.bus_eventbridge.EventBridgeBus",
    "KICK": "shop.adapters.kick_sqs.QueueKick",
    "MAIL_SENDER": "shop.adapters.mail_ses.SesMailSender",
    "STAFF_NOTICES": "shop.adapters.notices_sns.TopicNotices",
    # The shop's own, each with the part of AWS behind it that moto does not play.
    "EDGE_STORE": "sandbox.twin.edge.PlayedCloudFront",
}
FILES = "sandbox.twin.files.KeptMedia"


def told(stage: str, endpoint: str) -> dict[str, str]:
    """Settings by their names. endpoint: where moto is, since queues have addresses there."""
    stacks = load.settings(stage, region=REGION, account=ACCOUNT)
    kick = stacks["KICK_QUEUE_ARN"].rpartition(":")[2]
    here = {"AWS_REGION": REGION, "KICK_QUEUE_URL": f"{endpoint}/{ACCOUNT}/{kick}"}
    return {name: stacks[name] for name in SETTINGS} | here
