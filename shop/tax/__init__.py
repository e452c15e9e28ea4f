"""Value added tax: contained in every price, by the rates of the country the goods go to.

amounts       pure: the tax in a gross amount, amounts shared out, the breakdown by rate
areas         where we charge it, and where goods leave its reach
models        the rates, by country, class of goods and date
services      how a country is taxed on a day
known_rates   the rates a new shop begins with, and where they come from
"""
