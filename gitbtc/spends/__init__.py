"""Spends: who spent which coin, on whose evidence, and what a merge may make of it.

This is the one room that knows kinds by name: its rules are about coins and transactions, not about files.
"""

COINS = "utxos"
TRANSACTIONS = "transactions"
MEMPOOL = "mempool"
EXECUTION = "execution"
CHAIN = "chain"
CHANNELS = "channels"
ROUTING = "routing"
PENDING = "pending"
PEERS = "peers"
LABELS = "labels"
LABELS_329 = "labels329"

# What a repository lets its routing policies ask for.
LIMITS_PATH = ".gitbtc/limits.toml"

# The kinds whose files say who spent what.
EVIDENCE = (COINS, TRANSACTIONS, MEMPOOL, EXECUTION, CHAIN)

# The variable that says of a commit that it loses or rewrites what no commit may on purpose, with the value 1.
ALLOW_REWRITE = "GITBTC_ALLOW_REWRITE"
