"""The function that hands the provider's events to the shop."""
