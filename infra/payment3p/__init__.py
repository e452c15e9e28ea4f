"""Payments' third parties: their events come over a bus of AWS and are handed to the shop. A CDK app and its worker."""
