"""Statements: what came, what went, what it cost, and whether it adds up. Pure: the records of two moments in, flows
out.

Every amount is an integer in satoshi. Nothing here knows Git, a clock or a sentence.
"""
