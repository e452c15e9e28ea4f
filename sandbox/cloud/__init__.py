"""AWS as far as moto plays it, on this machine: for tests and for the twin."""
