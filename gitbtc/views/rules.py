"""What each rule of `gitbtc check` means, and how to mend a state or a commit that breaks it.

The first line of each stands alone.
"""

from __future__ import annotations

_GROWS = (
    "transactions.json only grows: to correct a fixed fact there (an amount, an address, an input), or take a\n"
    "record out, commit with GITBTC_ALLOW_REWRITE=1 and a line `Gitbtc-Rewrite: <reason>` in the message. Marks,\n"
    "blocks, fees and `spent` may be edited as they are."
)
_CORRECT = (
    "Correcting a coin of an earlier commit takes GITBTC_ALLOW_REWRITE=1 and a line `Gitbtc-Rewrite: <reason>` in the\n"
    "message."
)

RULES = {
    "double_spend": """\
Two live transactions spend one coin.

Only one of them can be mined. Give the record of the one that lost `replaced_by` (the txid of the other) or
`"abandoned": true`, and take it out of mempool.json, with what was built on it.""",
    "spent_coin": """\
A coin is listed that a live transaction of the root spends.

Take the coin out of utxos.json; or, if the transaction will never be mined, give its record `"abandoned": true`.""",
    "void_coin": """\
A coin is listed that no transaction made: its own was replaced or given up, or waits outside every mempool.

Take the coin out of utxos.json; or, if the transaction lives after all, take the mark off its record.""",
    "built_on_lost": """\
A live transaction spends an output of one that was replaced or given up.

It can never be mined. Give its record `"abandoned": true` and take it out of mempool.json, list again what it spent
beside, and take out the coins that it was to make; or take the mark off the parent, if that lives after all.""",
    "confirmed_in_mempool": """\
A confirmed transaction still waits in mempool.json.

Take its entry out of mempool.json.""",
    "two_records": f"""\
transactions.json and mempool.json tell different things of one transaction.

A txid commits to what a transaction spends and makes. Ask a node which is right; the entry in mempool.json may be
edited. {_GROWS}""",
    "mark": """\
A transaction is marked as replaced or given up, and cannot be.

What a block holds is not given up, and replaced by nothing; a transaction does not replace itself, also not by way of
others. Take the mark off the record; or, where the block was reorganised away, its block.""",
    "block": """\
A transaction is confirmed without a block, or has a block without being confirmed, or one above the tip.

`confirmed`, `block_height` and `block_hash` go together; chain.json names the highest block that is known. Put the
record right, or bring chain.json up to date.""",
    "input": f"""\
A transaction spends what is not there: an output that its parent has not, another amount, one coin twice, itself.

Look both transactions up in a node, and correct the one that is wrong. {_GROWS}""",
    "fee": f"""\
A fee is not the inputs less the outputs; or the outputs are worth more than the inputs.

An amount that is null counts as known where the transaction that made the coin says it. Correct the fee, or the amount
that is wrong. {_GROWS}""",
    "spent_flag": """\
An output is flagged as spent and nothing spends it, or the contrary.

Set `spent` of the output to what the transactions say. What only the log says is spent may be flagged, or not yet.""",
    "coin_output": f"""\
A coin is not what its transaction made: another amount, address or script, or no such output.

Look the transaction up in a node, and correct the one that is wrong. {_CORRECT}
{_GROWS}""",
    "coin_block": """\
A coin is in another block than its transaction, or above the tip.

Set the coin's `block_height` and `block_hash` to those of its transaction; or bring chain.json up to date.""",
    "capacity": """\
A channel holds more than its capacity.

Correct its balances, or its capacity.""",
    "channel_twice": """\
Two channels have one funding outpoint.

One coin funds one channel, whether it stands under an alias or under its real id; its balance would count twice. Keep
the record of the real id.""",
    "routing_orphan": """\
A routing policy is of a channel that is not there.

Take the policy out of routing.json, or list the channel in channels.json.""",
    "policy_limit": """\
A routing policy is beyond a limit of .gitbtc/limits.toml.

Correct the policy in routing.json, or have somebody who may do so change the limit.""",
    "lost_coin": """\
A coin is gone: a commit before listed it, its transaction is live, and nothing spends it.

List it again in utxos.json; or record the transaction that spends it, in transactions.json, mempool.json or as an event
of execution.json. Where nobody knows which transaction that is, the commit says so in a line of its message:
`Double-Spend: OUTPOINT unattributed`. A coin whose own transaction has no record may go without a word.""",
    "data_error": f"""\
A commit tells an amount, address, script or coinbase of a coin otherwise than the commit before listed it.

The txid commits to them, so one of the two is wrong; so it is where a transaction spends the coin for another amount.
{_CORRECT}""",
    "coin_from_nowhere": """\
A merge lists a coin that none of its parents lists, and that no transaction makes.

A merge brings together what its parents know. Take the coin out, and list it in a commit of its own, or record the
transaction that made it.""",
}
