"""How much of the demo tests build."""

from dataclasses import replace

from shop.demo.build import Plan
from shop.demo.drawing import View

# The same files in name and number, tiny.
TINY = (View("whole", (64, 32)), View("detail", (32,)), View("close", (32,)))
SMALL = Plan(products=2, orders=60, views=TINY)
# For tests that build it themselves.
FEWER = replace(SMALL, orders=12)
