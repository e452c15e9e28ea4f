"""Closing an account: the person is forgotten, the books stay.

What stays are the orders, without their customer, and the invoices, which the law has the shop keep. An order that is
not over keeps its e-mail and phone until it is: without them it could not be delivered, sent back or refunded.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Lower

from shop.accounts.customer_models import Consent
from shop.accounts.mails import keys_of
from shop.accounts.models import User
from shop.accounts.security_models import AccountEvent, RecoveryCode, TotpDevice
from shop.adapters.accounts import AccountsError, Holder, accounts
from shop.cart.stores import BagsUnavailable, store
from shop.core import clock
from shop.core.errors import ShopError
from shop.core.numbers import secret_key
from shop.mail.models import MailRefusal, OutgoingMail
from shop.mail.services import queue_mail
from shop.marketing.models import Redemption
from shop.orders.models import Order
from shop.wishlist.models import WishList

log = logging.getLogger(__name__)
Pending = OutgoingMail.State.PENDING
# An order that was never seen to arrive is over after so long, too.
LONGEST = timedelta(days=180)
# Who has been gone so long may have the address again, or have given it up; a guest's would stay for ever.
REFUSALS_KEPT = timedelta(days=730)
CLOSED = "account-closed:"
NOBODY = "erased.invalid"


class StaffStay(ShopError):
    """Staff cannot close the account that they work with. Nothing was changed."""


def close_account(holder: Holder, user: User) -> None:
    """Forget the person here, then have the provider forget them; where it does not answer, forget_later() asks again.

    Their sessions end. Never inside a transaction. Raises StaffStay.
    """
    if user.is_staff or user.is_superuser:
        raise StaffStay("This account belongs to somebody who works here: an owner closes it.")
    email = user.email
    forget(user)
    try:
        store().clear(user.cart_key)
    except BagsUnavailable:
        # Nobody is named in it, nobody can reach it any more, and in time it goes by itself.
        log.warning("the bag of user %s, who closed their account, stays until it expires", user.pk)
    queue_mail(key=f"{CLOSED}{secret_key()}", to=email, template="account-closed", context={})
    forget_at_provider(holder, user)


@transaction.atomic
def forget(user: User) -> None:
    """Empty the person's row of what says who they were, and delete what hangs on it but the orders."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    forget_letters_and_consents(user)
    orders = Order.objects.of(user).locked()
    numbers = [order.pk for order in orders]
    Order.objects.filter(pk__in=numbers).update(user=None, contact_to_erase=True)
    erase_contacts()
    for rows in (user.addresses, user.sign_ins, WishList.objects.filter(user=user)):
        rows.all().delete()
    for model in (TotpDevice, RecoveryCode):
        model.objects.filter(user=user).delete()
    AccountEvent.objects.filter(Q(user=user) | Q(email=user.email)).update(email="", address=None, agent="", note="")
    AccountEvent.objects.create(user=user, kind=AccountEvent.Kind.ERASED)
    LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)).update(
        object_repr="somebody who closed their account", change_message=""
    )
    empty(user)


def forget_letters_and_consents(user: User) -> None:
    """Delete both, under former addresses too, but letters that are still to be sent about an order.

    What the mail service said of those addresses goes with them.
    """
    theirs = addresses_of(user)
    about_them = Q(key__startswith=keys_of(user)) | Q(about__in=user.orders.values("number"))
    to_go = OutgoingMail.objects.alias(reader=Lower("to")).filter(about_them | Q(reader__in=theirs))
    to_go.exclude(Q(state=Pending) & ~Q(about="")).delete()
    MailRefusal.objects.filter(email__in=theirs).delete()
    Consent.objects.filter(Q(user=user) | Q(user=None, email__in=theirs) | Q(email=user.email)).delete()
    uses = Redemption.objects.filter(Q(order__user=user) | Q(customer__in=theirs))
    uses.update(customer=f"{user.pk}@{NOBODY}")


def addresses_of(user: User) -> set[str]:
    """The person's e-mail and those they gave up, but none that has become another account's.

    Not known any more, so that what stands under it without naming the account stays: an address given up over
    13 months ago, when events are deleted, or changed at the provider alone. One that was only asked for is left out:
    nobody has said that it is theirs.
    """
    changed = AccountEvent.objects.filter(user=user, kind=AccountEvent.Kind.EMAIL_CHANGED).exclude(email="")
    former = {email.lower() for email in changed.values_list("email", flat=True)}
    taken = User.objects.exclude(pk=user.pk).alias(lower=Lower("email")).filter(lower__in=former)
    return former - {email.lower() for email in taken.values_list("email", flat=True)} | {user.email.lower()}


def empty(user: User) -> None:
    """The row stays, since the history of orders names it; nobody can sign in with it."""
    user.email, user.full_name, user.pending_email = f"{user.pk}@{NOBODY}", "", ""
    user.set_unusable_password()
    user.is_active, user.erased_at, user.email_confirmed_at = False, clock.now(), None
    user.session_salt = secret_key()
    user.save()
    user.groups.clear()


def forget_at_provider(holder: Holder, user: User) -> bool:
    """Whether the provider has forgotten them; their row then does not name them at it any more."""
    try:
        accounts().delete(holder=holder)
    except AccountsError as error:
        log.warning("the accounts provider could not yet be told to forget user %s: %r", user.pk, error)
        return False
    User.objects.filter(pk=user.pk).update(subject=None)
    return True


def forget_later() -> int:
    """Do what is left of closed accounts: at the provider, and in orders that are over by now; how many rows.

    Addresses that bounced two years ago are forgotten too, whoever's they were.
    """
    waiting = User.objects.filter(erased_at__isnull=False, subject__isnull=False)[:20]
    told = sum(forget_at_provider(Holder(user.subject or "", user.email), user) for user in waiting)
    gone = OutgoingMail.objects.filter(key__startswith=CLOSED).exclude(state=Pending).delete()[0]
    gone += MailRefusal.objects.filter(noted_at__lt=clock.now() - REFUSALS_KEPT).delete()[0]
    return told + gone + erase_contacts()


@transaction.atomic
def erase_contacts() -> int:
    """Take e-mail, phone and letters from orders of closed accounts that are over; returns how many orders."""
    now = clock.now()
    no_more_returns = now - timedelta(days=settings.RETURN_DAYS)
    over = Q(cancelled_at__lt=no_more_returns) | Q(delivered_at__lt=no_more_returns) | Q(placed_at__lt=now - LONGEST)
    orders = list(Order.objects.filter(over, contact_to_erase=True).locked())
    OutgoingMail.objects.filter(about__in=[order.number for order in orders]).delete()
    MailRefusal.objects.filter(email__in=[order.email.lower() for order in orders]).delete()
    numbered = Concat(F("number"), Value(f"@{NOBODY}"))
    return Order.objects.filter(pk__in=[order.pk for order in orders]).update(
        email=numbered, phone="", contact_to_erase=False, marketing_consent=False
    )
