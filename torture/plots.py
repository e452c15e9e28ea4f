"""What buyers do. Each plot is one purchase, or one that comes to nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from sandbox.models import Intent, Session
from sandbox.paypal import paying as paypal
from sandbox.paypal.models import PayPalOrder
from sandbox.stripe import paying
from shop.core import clock
from shop.orders.models import Order
from shop.payments.models import PaymentAttempt
from torture.jobs import JobProcess
from torture.shopper import ASKS, DECLINED, Shopper, at_once

# Where the provider's answers say that its API is; nobody follows it here.
PROVIDERS_OWN = "http://provider/"


@dataclass(frozen=True)
class World:
    """The shop's address, variants with plenty of stock and with hardly any, voucher codes, and the shop's jobs."""

    shop: str
    plenty: tuple[int, ...]
    scarce: tuple[int, ...]
    codes: tuple[str, ...]
    jobs: JobProcess


@dataclass(frozen=True)
class Visit:
    """One buyer in that world, with luck of their own."""

    world: World
    buyer: Shopper
    luck: Random

    def place(self, **typed: str) -> bool:
        """Put a few of something in the bag and go as far as the payment page; whether it was reached."""
        scarce = self.luck.random() < 0.1
        variant = self.luck.choice(self.world.scarce if scarce else self.world.plenty)
        return self.buyer.place(variant, self.luck.randint(1, 3), **typed)

    def place_with_a_code(self) -> bool:
        self.buyer.add(self.luck.choice(self.world.plenty))
        self.buyer.use_code(self.luck.choice(self.world.codes))
        if form := self.buyer.fill_in():
            self.buyer.go(f"{self.world.shop}/checkout/", form)
        return self.buyer.may_pay

    def orders(self) -> list[Order]:
        return list(Order.objects.filter(email=self.buyer.email).order_by("pk"))

    def let_time_pass(self, soon: float = 0) -> None:
        """Their orders may not be paid any longer; soon: seconds from now."""
        over = clock.now() + timedelta(seconds=soon)
        Order.objects.filter(email=self.buyer.email).exclude(hold_until=None).update(hold_until=over)

    def bank_answers(self, *, succeeds: bool) -> None:
        """Their delayed payments arrive, or fail."""
        waiting = Session.objects.filter(customer_email=self.buyer.email, intent__status=Intent.Status.PROCESSING)
        for session_id in waiting.values_list("pk", flat=True):
            paying.settle(session_id, succeeds=succeeds)
        for attempt in PaymentAttempt.objects.filter(order__email=self.buyer.email, provider="paypal"):
            if PayPalOrder.objects.filter(pk=attempt.session_id).exists():
                paypal.settle(attempt.session_id, PROVIDERS_OWN, succeeds=succeeds)

    def look_at_order(self) -> None:
        """Open the page of the newest order."""
        for order in self.orders()[-1:]:
            self.buyer.go(self.world.shop + order.get_absolute_url())

    def cancel(self) -> None:
        """Open the page that asks whether to cancel the newest order, and do it where it may be done."""
        for order in self.orders()[-1:]:
            self.buyer.go(f"{self.world.shop}{order.get_absolute_url()}cancel/")
            if "/cancel/" in self.buyer.page.text:
                self.buyer.press("/cancel/")

    def pay_now(self, way: str = "stripe") -> bool:
        """Press the button on the page of an unpaid order, if it has one; whether the payment page was reached."""
        if "/pay/" in self.buyer.page.text:
            self.buyer.press("/pay/", payment=way)
        return self.buyer.may_pay


def pays(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card()


def pays_and_closes_the_tab(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card(follow=False)


def is_declined_then_pays(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card(DECLINED)
        visit.buyer.card()


def is_declined_and_leaves(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card(DECLINED)


def confirms_with_the_bank(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card(ASKS)
        visit.buyer.press("csrfmiddlewaretoken", confirm="1")


def fails_the_confirmation_then_pays(visit: Visit) -> None:
    if visit.place():
        visit.buyer.card(ASKS)
        visit.buyer.press("csrfmiddlewaretoken", refuse="1")
        visit.buyer.card()


def pays_by_debit(visit: Visit) -> None:
    if visit.place():
        visit.buyer.go(visit.buyer.page.url, visit.buyer.form("csrfmiddlewaretoken")[1] | {"debit": "1"})
        visit.bank_answers(succeeds=True)


def pays_again_after_a_failed_debit(visit: Visit) -> None:
    if not visit.place():
        return
    visit.buyer.go(visit.buyer.page.url, visit.buyer.form("csrfmiddlewaretoken")[1] | {"debit": "1"})
    visit.bank_answers(succeeds=False)
    visit.world.jobs.run("reconcile payments", later=120)
    visit.look_at_order()
    if visit.pay_now():
        visit.buyer.card()


def agrees_at_paypal(visit: Visit) -> None:
    if visit.place(payment="paypal"):
        visit.buyer.agree()


def agrees_and_closes_the_tab(visit: Visit) -> None:
    if visit.place(payment="paypal"):
        visit.buyer.agree(follow=False)


def agrees_as_time_runs_out(visit: Visit) -> None:
    """The order is given up while its buyer agrees."""
    if visit.place(payment="paypal"):
        jobs = visit.world.jobs
        visit.let_time_pass(soon=visit.luck.random())
        at_once(lambda: visit.buyer.agree(follow=False), lambda: jobs.run("expire unpaid orders"))


def pays_by_card_after_paypal_declined(visit: Visit) -> None:
    if not visit.place(payment="paypal"):
        return
    visit.buyer.agree("declined")
    visit.look_at_order()
    if visit.pay_now():
        visit.buyer.card()


def turns_from_paypal_to_the_card(visit: Visit) -> None:
    """Goes back without agreeing, opens the card's page, and then agrees in the tab that was left open."""
    if not visit.place(payment="paypal"):
        return
    other = visit.buyer.other_tab()
    visit.look_at_order()
    if visit.pay_now():
        at_once(visit.buyer.card, other.agree)
        visit.buyer.faults += other.faults


def pays_by_echeck(visit: Visit) -> None:
    if visit.place(payment="paypal"):
        visit.buyer.agree("echeck")
        visit.bank_answers(succeeds=visit.luck.random() < 0.7)


def pays_and_cancels(visit: Visit) -> None:
    """All of the money is to go back, and the pieces onto the shelf."""
    if visit.place():
        visit.buyer.card(follow=visit.luck.random() < 0.5)
        visit.cancel()


def cancels_unpaid(visit: Visit) -> None:
    visit.place()
    visit.cancel()


def pays_while_cancelling(visit: Visit) -> None:
    """The card is taken in one tab while the order is called off in another."""
    if visit.place():
        other = Visit(visit.world, Shopper(visit.world.shop, visit.buyer.email.partition("@")[0]), visit.luck)
        at_once(lambda: visit.buyer.card(follow=False), other.cancel)
        visit.buyer.faults += other.buyer.faults


def walks_away(visit: Visit) -> None:
    visit.place()
    visit.let_time_pass()


def comes_back_later(visit: Visit) -> None:
    """Leaves the payment page by its way back, looks at the order, and pays it after all."""
    if visit.place():
        visit.look_at_order()
        if visit.pay_now():
            visit.buyer.card()


def clicks_twice(visit: Visit) -> None:
    """The same form sent twice at the same moment, then paid."""
    buyer, shop = visit.buyer, visit.world.shop
    buyer.add(visit.luck.choice(visit.world.plenty))
    if form := buyer.fill_in():
        other = buyer.other_tab()
        at_once(lambda: buyer.go(f"{shop}/checkout/", form), lambda: other.go(f"{shop}/checkout/", form))
        buyer.faults += other.faults
        if buyer.may_pay:
            buyer.card()


def pays_in_two_tabs(visit: Visit) -> None:
    if visit.place():
        other = visit.buyer.other_tab()
        at_once(visit.buyer.card, other.card)
        visit.buyer.faults += other.faults


def pays_as_time_runs_out(visit: Visit) -> None:
    """The order's time is over while the card is taken."""
    if visit.place():
        visit.let_time_pass()
        jobs = visit.world.jobs
        at_once(lambda: visit.buyer.card(follow=False), lambda: jobs.run("expire unpaid orders"))


def changes_the_bag_and_pays(visit: Visit) -> None:
    """Goes back from the payment page, takes something else as well, and checks out anew."""
    if visit.place() and visit.place():
        visit.buyer.card()


def pays_with_a_code(visit: Visit) -> None:
    """A voucher in the bag; the rare one may be used up between looking and ordering."""
    if visit.place_with_a_code():
        visit.buyer.card()


def walks_away_with_a_code(visit: Visit) -> None:
    """Its use is to be given back."""
    visit.place_with_a_code()
    visit.let_time_pass()


def goes_elsewhere_after_a_crash(visit: Visit) -> None:
    """Places the order and never sees the payment page: nobody but the shop's jobs can put that right."""
    buyer = visit.buyer
    buyer.add(visit.luck.choice(visit.world.plenty))
    if form := buyer.fill_in():
        buyer.go(f"{visit.world.shop}/checkout/", form, follow=False)
    visit.let_time_pass()


# How often each is chosen.
PLOTS: dict[Callable[[Visit], None], int] = {
    pays: 8,
    pays_and_closes_the_tab: 6,
    is_declined_then_pays: 3,
    is_declined_and_leaves: 2,
    confirms_with_the_bank: 3,
    fails_the_confirmation_then_pays: 2,
    pays_by_debit: 4,
    pays_again_after_a_failed_debit: 3,
    agrees_at_paypal: 5,
    agrees_and_closes_the_tab: 4,
    agrees_as_time_runs_out: 3,
    pays_by_card_after_paypal_declined: 2,
    turns_from_paypal_to_the_card: 2,
    pays_by_echeck: 2,
    pays_and_cancels: 6,
    cancels_unpaid: 2,
    pays_while_cancelling: 3,
    walks_away: 3,
    comes_back_later: 3,
    clicks_twice: 3,
    pays_in_two_tabs: 2,
    pays_as_time_runs_out: 4,
    changes_the_bag_and_pays: 3,
    pays_with_a_code: 4,
    walks_away_with_a_code: 2,
    goes_elsewhere_after_a_crash: 2,
}
