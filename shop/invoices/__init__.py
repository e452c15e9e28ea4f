"""Invoices and credit notes: numbered without gaps, frozen when they are issued.

models      documents and the counters of their numbers
content     what a document says, as data that is kept with it
crediting   pure: how a refund is taken off an invoice, rate by rate
services    issuing one, once
handlers    paid orders get an invoice, refunds a credit note
paper       a document as a PDF
"""
