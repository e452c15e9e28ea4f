"""Payments and refunds as the shop knows them; providers are behind the port in shop/adapters.

models      attempts to pay, refunds, disputes, the providers' messages, and every call to them
services    moving attempts, storing messages
refunds     the ledger of refunds: the way out and the door in; for which lines is decided in shop.refunds
disputes    the ledger of disputes
calls       a provider's adapter with each call recorded
ways        what a buyer may choose from
checks      system checks of the settings
"""
