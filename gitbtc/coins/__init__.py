"""Coins: which of them may be spent, what each is worth at a feerate, which of them pay for something.

Pure: what a root's files say comes in, values go out. Whether a coin is spent, contested or reserved, `spends` says.
"""
