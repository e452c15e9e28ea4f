"""What the shop costs a month on AWS.

prices      the dated price table (prices.json), and what is free
inputs      traffic, assumptions, and what was measured (measured.json)
workload    how much of everything that makes: executions, hours awake, messages
bill        the lines, beside the brief's own figures (brief.json)
table       the bill in words
measuring   the measurement itself
"""
