"""Giving money back: how much, for which lines, and an order that is called off.

amounts    what is left to give back, by line, and how it is parted over payments
services   writing refunds; shop.payments.refunds asks the provider for them
handlers   what buyers are told
"""
