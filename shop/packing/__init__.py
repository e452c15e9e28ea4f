"""Packing: what a paid order holds becomes tasks, tasks become parcels.

services    a task for each location, kept to what the order still holds
scanning    pieces scanned into the parcel, right or wrong
finishing   the parcel is closed: a shipment, and what becomes of the pieces that are not in it
waves       several tasks picked in one walk
papers      pick list and packing slip, with their barcodes
"""
