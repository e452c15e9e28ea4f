"""What a deploy of a stage would put into the environment, where moto plays AWS. A test compares it to infra/."""

from sandbox.cloud.server import ACCOUNT, REGION


def told(stage: str, endpoint: str) -> dict[str, str]:
    """Settings by their names."""
    name = f"aspireclothes-{stage}"
    queue, topic = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}", f"arn:aws:sns:{REGION}:{ACCOUNT}:{name}"
    return {
        "STAGE": stage,
        "AWS_REGION": REGION,
        "CARTS_TABLE": f"{name}-carts",
        "ACTIVITY_TABLE": f"{name}-activity",
        "EVENT_BUS_NAME": name,
        "EVENTS_QUEUE_ARN": f"{queue}-events",
        "MAIL_FEEDBACK_QUEUE_ARN": f"{queue}-mail-feedback",
        "KICK_QUEUE_ARN": f"{queue}-kick",
        "KICK_QUEUE_URL": f"{endpoint}/{ACCOUNT}/{name}-kick",
        "MAIL_CONFIGURATION_SET": name,
        "MEDIA_BUCKET": f"{name}-media-{ACCOUNT}-{REGION}",
        "STAFF_TOPIC_ARN": f"{topic}-staff",
    }


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
