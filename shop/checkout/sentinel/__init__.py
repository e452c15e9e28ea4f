"""The sentinel: does everything that must agree agree? Asked of the whole shop, by the clock or by hand.

Each check is one query over a whole table. What it finds is an alert with what to do; what it no longer finds closes
its alert.

finding   what a check finds
stock, supplies, packing, parcels, money, orders, invoices, running, backups   the checks
run       all of them, one after the other
"""
