"""From a bag to a paid order. A process over the domains below it, with no tables of its own.

In the order in which a purchase meets them:
addresses, forms   what is asked for, in the shape of each country
codes              the code that a buyer types
quote              what the bag costs where it goes: the one calculation
services           placing the order: the one transaction
stock              holding its lines
paying             opening the payment page
messages           what the provider announces: stored, then worked on; paypal_events reads PayPal's
capturing          taking the money of a payment that its buyer agreed to, or deciding not to
sync               what the provider says, applied: the only door for money facts
after_payment      refunds made at the provider, disputes, reviews, warnings of fraud
cancelling         calling an order off, paid or not
advice             the alerts of the money path, with what to do
retry              paying the same order again
replacing          checking out again while an order from the same bag is unpaid
reconcile, rounds  what crashes and lost webhooks left behind; lost: what the provider never told
sentinel           does everything that must agree agree
bags, handlers     emptying the bag of what was paid
"""
