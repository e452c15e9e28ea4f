"""What brings the shop to AWS: its package (package.py, bytecode.py) and the settings of its function (settings.py)."""
