"""What the shop must be told on AWS, and what each is for: one list, so that one message names all that is missing."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

NEEDED = {
    "STAGE": "which of dev, staging and production this is",
    "AWS_REGION": "where its resources are; Lambda sets it",
    "SECRET_KEY": "signs cookies and links; 50 random characters, in the secret",
    "ALLOWED_HOSTS": "the shop's host names",
    "SITE_URL": "the shop's own address, for links in mails",
    # Without them everybody behind the edge shares one address, and one person's wrong passwords lock out all.
    "TRUSTED_PROXIES": "how many proxies of ours name themselves in X-Forwarded-For: 2 behind CloudFront and a gateway",
    "ORIGIN_SECRET": "by which the shop knows requests of its edge; in the secret",
    # An invoice without them is none. The VAT number may be missing: not every seller has one.
    "SELLER_NAME": "who sells, as invoices name it",
    "SELLER_ADDRESS": "the lines of the seller's address, with commas between them",
    "STRIPE_SECRET_KEY": "to take payments; in the secret",
    "STRIPE_WEBHOOK_SECRET": "by which Stripe's messages are known; in the secret",
    "EVENT_BUS_NAME": "the bus that events are put on",
    "EVENTS_QUEUE_ARN": "the queue that the bus's rule fills",
    "KICK_QUEUE_ARN": "the queue that has waiting events and mails worked on",
    "KICK_QUEUE_URL": "the same queue, to send to",
    "MAIL_CONFIGURATION_SET": "SES's configuration set, which has it tell of bounces",
    "MAIL_FEEDBACK_QUEUE_ARN": "the queue of bounces and complaints",
    "STAFF_TOPIC_ARN": "the topic of notices to the staff",
    "CARTS_TABLE": "the table of bags",
    "ACTIVITY_TABLE": "the table of what visitors did",
    "MEDIA_BUCKET": "where pictures are kept",
    "CDN_DISTRIBUTION_ID": "the edge whose pages are purged",
    "CDN_DOMAIN": "the host name of pictures and static files",
}
# Either an address with everything in it, or what the database's stack tells beside the login of its secret.
DATABASE = {
    "DATABASE_HOST": "the database's address, or DATABASE_URL with everything in it",
    "DATABASE_NAME": "the database's name",
    "DATABASE_USER": "who the shop is there; DATABASE_SECRET names RDS's secret with it",
    "DATABASE_PASSWORD": "the same secret has it",
}
# Where the user pool keeps identities and passwords (ACCOUNTS=cognito).
POOL = {
    "COGNITO_POOL_ID": "the user pool that people sign in to",
    "COGNITO_CLIENT_ID": "the shop's app client in that pool",
    "COGNITO_CLIENT_SECRET": "that client's secret; in the secret",
}


def require(environment: Mapping[str, str]) -> None:
    """Raise ImproperlyConfigured with all that is missing or empty, a line each."""
    needed = NEEDED if environment.get("DATABASE_URL") else NEEDED | DATABASE
    if environment.get("ACCOUNTS", "").strip() == "cognito":
        needed = needed | POOL
    missing = [f"  {name}: {purpose}" for name, purpose in needed.items() if not environment.get(name, "").strip()]
    if missing:
        raise ImproperlyConfigured("\n".join(["The shop cannot start, since these settings are missing:", *missing]))
