"""Broken variants of the shop, one rule each, and the tests that have to notice (`python -m torture.mutants`).

Each is a piece of text put in another's place in a temporary copy of the tree. One that no test catches, and one
whose text is not there any more, makes the program fail.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from storefront.embedded_postgres import ROOT
from torture.site import database

# A pytest run that failed; anything else but 0 means that it could not run.
FAILED = 1
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".local", ".*_cache", "__pycache__", "media")


@dataclass(frozen=True)
class Mutant:
    """rule: what is broken. before, after: the texts. tests: at least one of them has to fail."""

    rule: str
    file: str
    before: str
    after: str
    tests: tuple[str, ...]

    def applied(self, text: str) -> str:
        """The file's text with the mutation. Raises ValueError unless the place is there exactly once."""
        if text.count(self.before) != 1:
            raise ValueError(f"'{self.rule}' does not apply to {self.file} any more")
        return text.replace(self.before, self.after)


CHECKOUT = "shop/checkout/tests"
REFUNDS = "shop/refunds/tests"
MUTANTS = (
    Mutant(
        "a message that was seen counts as done",
        "shop/payments/services.py",
        "    if not made and delivered:\n",
        "    if not made and delivered:\n        row.processed_at = clock.now()\n",
        (f"{CHECKOUT}/test_webhook.py::test_a_message_that_fails_stays_open_and_its_repeat_is_worked_on",),
    ),
    Mutant(
        "no reconciler for payments",
        "shop/checkout/reconcile.py",
        "        check_attempts(run)\n",
        "",
        (f"{CHECKOUT}/test_reconcile.py::test_a_lost_webhook_is_made_up_for",),
    ),
    Mutant(
        "an order is cancelled without asking the provider",
        "shop/checkout/reconcile.py",
        '        close_page(attempt)\n        crash_point("hold-page-closed")\n        sync(attempt.pk)\n',
        "        PaymentAttempt.objects.filter(pk=attempt.pk).update(state=State.EXPIRED)\n",
        (f"{CHECKOUT}/test_reconcile.py::test_a_hold_that_is_over_does_not_cancel_what_was_paid",),
    ),
    Mutant(
        "a refund is asked for without a key that stays",
        "shop/payments/refunds.py",
        'idempotency_key=f"{refund.pk}:refund"',
        'idempotency_key=f"{clock.now().isoformat()}:refund"',
        (f"{REFUNDS}/test_ledger.py::test_without_an_answer_it_waits_and_is_replayed_under_the_same_key",),
    ),
    Mutant(
        "what is left to refund is read without a lock",
        "shop/refunds/services.py",
        "    locked = Order.objects.locked().get(pk=order.pk)\n"
        "    return locked, list(PaymentAttempt.objects.filter(order=locked).taken().locked())\n",
        "    locked = Order.objects.get(pk=order.pk)\n"
        "    return locked, list(PaymentAttempt.objects.filter(order=locked).taken())\n",
        (f"{REFUNDS}/test_races.py::test_two_staff_refund_the_same_order_and_its_money_goes_back_once",),
    ),
    Mutant(
        "an order in review is decided without a lock",
        "shop/checkout/reviewing.py",
        "    order = Order.objects.locked().get(pk=order.pk)\n"
        "    attempts = list(PaymentAttempt.objects.filter(order=order).taken().locked())\n",
        "    order = Order.objects.get(pk=order.pk)\n"
        "    attempts = list(PaymentAttempt.objects.filter(order=order).taken())\n",
        (f"{CHECKOUT}/test_review_races.py::test_accepting_beside_giving_up_does_one_and_tells_the_other",),
    ),
    Mutant(
        "late money revives an order that its buyer cancelled",
        "shop/checkout/sync.py",
        "return not order.cancelled_by_choice and stock.hold_again(order)",
        "return stock.hold_again(order)",
        (f"{REFUNDS}/test_services.py::test_money_that_comes_after_the_order_was_called_off_goes_back",),
    ),
    Mutant(
        "a refund is rounded per piece",
        "shop/refunds/amounts.py",
        "charged = line.charged * units // line.quantity",
        "charged = line.charged // line.quantity * units",
        (f"{REFUNDS}/test_services.py::test_unit_after_unit_of_a_line_that_does_not_divide_sums_to_what_it_cost",),
    ),
    Mutant(
        "stock is changed without a guard",
        "shop/warehouse/levels.py",
        'reserved__gte=-reserved, damaged__gte=-damaged, on_hand__gte=F("reserved") + reserved - on_hand',
        "",
        ("shop/warehouse/tests/test_races.py::test_rows_are_locked_in_key_order_before_each_is_updated_in_key_order",),
    ),
    Mutant(
        "stock is read without a lock",
        "shop/warehouse/levels.py",
        '.select_related("location", "variant__product").locked())',
        '.select_related("location", "variant__product"))',
        ("shop/warehouse/tests/test_races.py::test_twenty_buyers_of_five_units_leave_exactly_five_served",),
    ),
    Mutant(
        "rows are locked in no order",
        "shop/warehouse/models.py",
        'return self.order_by("pk").select_for_update(of=("self",), no_key=True)',
        'return self.order_by("-pk").select_for_update(of=("self",), no_key=True)',
        ("shop/warehouse/tests/test_races.py::test_rows_are_locked_in_key_order_before_each_is_updated_in_key_order",),
    ),
    Mutant(
        "the total is computed again when the payment is asked for",
        "shop/checkout/paying.py",
        "        amount=order.grand_total,\n",
        "        amount=sum(line.variant.price * line.quantity for line in order.lines.all()) + order.delivery_total,\n",  # noqa: E501
        (
            f"{CHECKOUT}/test_retry.py::test_another_payment_asks_for_the_total_that_was_agreed_whatever_things_cost_now",
        ),
    ),
    Mutant(
        "the amount that was paid is not compared",
        "shop/checkout/sync.py",
        "return Fact.PAID if same else Fact.MISMATCH",
        "return Fact.PAID",
        (f"{CHECKOUT}/test_sync.py::test_another_amount_or_currency_goes_to_review_and_pays_nothing",),
    ),
    Mutant(
        "a payment may move backwards",
        "shop/payments/services.py",
        "    return to in MOVES[attempt.state]\n",
        "    return True\n",
        (f"{CHECKOUT}/test_sync.py::test_a_processing_payment_is_not_reopened_by_an_older_answer",),
    ),
    Mutant(
        "the order is not locked while money arrives",
        "shop/checkout/sync.py",
        "        order = Order.objects.locked().get(pk=attempt.order_id)\n"
        "        attempt = PaymentAttempt.objects.select_for_update().get(pk=attempt_id)\n",
        "        order = Order.objects.get(pk=attempt.order_id)\n"
        "        attempt = PaymentAttempt.objects.get(pk=attempt_id)\n",
        (f"{CHECKOUT}/test_webhook.py::test_many_at_once_pay_and_settle_exactly_once",),
    ),
    Mutant(
        "a page of somebody else's payment is believed",
        "shop/checkout/sync.py",
        "    if session.attempt_id != str(attempt.pk):\n",
        "    if not session.attempt_id:\n",
        (f"{CHECKOUT}/test_sync.py::test_a_session_of_another_attempt_is_not_believed",),
    ),
    Mutant(
        "what was paid for keeps the end of its hold",
        "shop/checkout/sync.py",
        "    warehouse.settle(order_line_ids=stock.line_ids(order))\n",
        "",
        (f"{CHECKOUT}/test_sync.py::test_a_paid_page_pays_the_order_settles_its_stock_and_tells_once",),
    ),
    Mutant(
        "a message that could not be worked on is answered with 200",
        "shop/checkout/views/payment.py",
        'please send it again", 500)',
        'please send it again", 200)',
        (f"{CHECKOUT}/test_webhook.py::test_a_message_that_fails_stays_open_and_its_repeat_is_worked_on",),
    ),
    Mutant(
        "the uses of a promotion are read, then written",
        "shop/marketing/services.py",
        "    return bool(Promotion.objects.running().filter(HAS_USES_LEFT, pk=promotion_id)"
        '.update(uses=F("uses") + 1))\n',
        "    found = Promotion.objects.running().filter(HAS_USES_LEFT, pk=promotion_id).first()\n"
        "    return bool(found and Promotion.objects.filter(pk=promotion_id).update(uses=found.uses + 1))\n",
        ("shop/marketing/tests/test_services.py::test_fifty_buyers_of_ten_uses_leave_exactly_ten_served",),
    ),
    Mutant(
        "an approved payment is captured although its order was given up",
        "shop/checkout/capturing.py",
        "    if not decide(attempt.pk):\n",
        "    if not attempt.pk:\n",
        (f"{CHECKOUT}/test_capturing.py::test_an_agreement_after_the_hold_is_not_captured_and_lapses",),
    ),
    Mutant(
        "what may have been captured is given up",
        "shop/checkout/capturing.py",
        "    if attempt.state in (State.CREATED, State.OPEN) and attempt.capture_wanted_at is None:\n",
        "    if attempt.state in (State.CREATED, State.OPEN):\n",
        (f"{CHECKOUT}/test_capturing.py::test_an_order_is_not_given_up_while_nobody_knows_whether_it_is_paid",),
    ),
    Mutant(
        "a capture is asked for under another key each time",
        "shop/checkout/capturing.py",
        'idempotency_key=f"{attempt.pk}:capture"',
        'idempotency_key=f"{clock.now()}:capture"',
        (f"{CHECKOUT}/test_capturing.py::test_an_approved_payment_is_captured_once_and_pays_the_order",),
    ),
    Mutant(
        "events are marked as published before they are",
        "shop/events/relay.py",
        '    crash_point("relay-claimed")\n',
        "    OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(state=State.PUBLISHED)\n",
        ("shop/events/tests/test_relay.py::test_a_bus_out_of_reach_loses_nothing",),
    ),
    Mutant(
        "float money",
        "shop/marketing/discounts.py",
        "(left[line.key] * term.percent + 50) // 100",
        "round(left[line.key] * term.percent / 100)",
        ("shop/marketing/tests/test_discounts.py::test_percent_is_rounded_half_up",),
    ),
    Mutant(
        "tax is rounded per order",
        "shop/tax/amounts.py",
        "before.gross + share.gross, before.tax + share.tax)",
        "before.gross + share.gross, contained(before.gross + share.gross, share.rate))",
        ("shop/tax/tests/test_amounts.py::test_the_sums_by_rate_are_those_of_lines_and_delivery",),
    ),
    Mutant(
        "what cannot be shared out evenly is lost",
        "shop/core/sharing.py",
        "        parts[place] += 1\n",
        "        pass\n",
        (f"{CHECKOUT}/test_money_chain.py::test_what_is_charged_is_quoted_taxed_paid_back_and_credited_to_the_unit",),
    ),
    Mutant(
        "delivery that was paid back can be paid back again",
        "shop/refunds/amounts.py",
        "max(0, order.delivery_charged - delivery)",
        "max(0, order.delivery_charged)",
        (f"{CHECKOUT}/test_money_chain.py::test_what_is_charged_is_quoted_taxed_paid_back_and_credited_to_the_unit",),
    ),
    Mutant(
        "an export pays the tax of home",
        "shop/tax/services.py",
        "return in_steps(price - contained(price, self.rates.of(tax_class)), settings.SHOP_CURRENCY)",
        "return price",
        (f"{CHECKOUT}/test_money_chain.py::test_what_is_charged_is_quoted_taxed_paid_back_and_credited_to_the_unit",),
    ),
)


def main() -> int:
    """Run them (all, or those whose rule has the word given); exit code 1 when one escapes, or when any is stale."""
    parser = argparse.ArgumentParser(prog="python -m torture.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="a word of the rule")
    parser.add_argument("--dry", action="store_true", help="look whether each applies, and run no test")
    options = parser.parse_args()
    chosen = [mutant for mutant in MUTANTS if options.only in mutant.rule]
    if outdated := [*stale(chosen)]:
        print("\n".join(outdated))
        return 1
    return 0 if options.dry else run_all(chosen)


def stale(mutants: Iterable[Mutant]) -> Iterator[str]:
    """Why some of them could not be judged: their text or one of their tests is not there any more."""
    for mutant in mutants:
        try:
            mutant.applied((ROOT / mutant.file).read_text())
        except (ValueError, OSError) as error:
            yield str(error)
        for test in mutant.tests:
            file, _, name = test.partition("::")
            if not (ROOT / file).exists() or f"def {name}(" not in (ROOT / file).read_text():
                yield f"'{mutant.rule}' names a test that is not there: {test}"


def run_all(chosen: Sequence[Mutant]) -> int:
    """Judge each in a copy of the tree; exit code 1 when one escapes."""
    escaped = 0
    with tree() as copy, database(f"mutants_{os.getpid()}") as url:
        if run(copy, url, sorted({test for mutant in chosen for test in mutant.tests}), "--create-db"):
            print("The tests fail without any mutation: nothing is proved.")
            return 1
        for mutant in chosen:
            verdict = judge(mutant, copy, url)
            escaped += verdict != "caught"
            print(f"{verdict:<8} {mutant.rule}", flush=True)
    print(f"{len(chosen) - escaped} of {len(chosen)} mutants were caught")
    return 1 if escaped else 0


def judge(mutant: Mutant, copy: Path, url: str) -> str:
    """Apply it, run its tests, take it back; whether it was caught."""
    file = copy / mutant.file
    sound = file.read_text()
    file.write_text(mutant.applied(sound))
    try:
        code = run(copy, url, mutant.tests, "--reuse-db")
    finally:
        file.write_text(sound)
    return {0: "ESCAPED", FAILED: "caught"}.get(code, f"BROKEN ({code})")


def run(copy: Path, url: str, tests: Sequence[str], make: str) -> int:
    """pytest's exit code for these tests in the copy. make: whether they get a new database, an option of pytest's."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", make, *tests]
    environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "storefront.settings.test"}
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, check=False).returncode


@contextmanager
def tree() -> Iterator[Path]:
    """A copy of the project without what it made here."""
    with tempfile.TemporaryDirectory(prefix="aspireclothes-mutants-") as folder:
        copy = Path(folder) / "shop"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        yield copy


if __name__ == "__main__":
    sys.exit(main())
