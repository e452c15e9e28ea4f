"""Promotions and their codes, which work on a bag; sales, which change prices.

models        promotions, voucher codes, and the uses of both
sale_models   sales, what they did to prices, and every price there was
offers        which promotions a bag is offered, read in one query
discounts     pure: what they take off the bag
reasons       why a code does not apply, in words
services      all of that together; counting a use, and giving it back
codes         making codes, many at once
sales         the job that brings prices to what the running sales say
"""
