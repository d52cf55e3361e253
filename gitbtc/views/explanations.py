"""The long answer to each word that a merge may say: what it means, why it is decided so, what to do.

The first line of each stands alone; the numbers are those of the table in docs/merging.md.
"""

from __future__ import annotations

from gitbtc.spends.rows import ROWS


def explained(name: str) -> str:
    """The answer for one word: what it means, then the rows of the table of verdicts that say it."""
    rows = [row for row in ROWS if row.name == name]
    told = [
        f"Row {row.number}. When: {row.when}.\n  What follows: {row.follows}."
        + (f"\n  Settled by: {row.settled}." if row.settled else "")
        for row in rows
    ]
    return "\n\n".join([EXPLANATIONS[name], *told])


EXPLANATIONS = {
    "edit": """\
Both sides changed the same field of one record, to different values.

Nothing in the record says which is right. Everything else in the file is merged.
To settle it: gitbtc resolve ADDRESS --ours|--theirs|--base, or edit the line and `git add` the file.""",
    "remove_change": """\
One side removed the record, the other changed it.

For labels, descriptors, routing and peers that is a question; a coin, a channel or a pending transaction that is gone
stays gone whatever was changed.
To settle it: gitbtc resolve ADDRESS --ours|--theirs|--base.""",
    "append_only": """\
One side removed a record from a file that only grows.

The record is kept meanwhile. To take it out on purpose, settle for the side that removed it and commit with
GITBTC_ALLOW_REWRITE=1 and a trailer `Gitbtc-Rewrite: <reason>` at the end of the message.""",
    "lost_addition": """\
The merge lacks a record that one side added and nobody removed.

It was committed as a failed merge had left it, or a side's file was taken whole. The hook stages the record again, and
`git commit` completes the merge; if it is to go, remove it in a commit of its own.""",
    "modify_delete": """\
One side deleted the whole file, the other changed it.

A record that is gone is merged by the rule of its kind; a file that is gone may be one that moved elsewhere, or one
that nobody meant to lose.
To settle it: gitbtc resolve PATH --ours|--theirs|--base, or keep it with `git add`, let it go with `git rm`.""",
    "moved": """\
Two branches took a root to different places, or one took it to where another root was, and the other branch went on.

Git follows files only to where none was; for the rest it merges by path, and would mix two treasuries.
To settle it: make the same move on both branches first (`git mv`), in a commit of its own, then merge.""",
    "unreadable": """\
A side of the file does not parse, so nobody can tell its records apart, and Git merged it as text; or no driver ran.

`git checkout -m -- PATH` makes the conflict again, with the driver where there is one; `gitbtc doctor` says if not.
To settle it: put it right in an editor and `git add` it, or take one side whole with
gitbtc resolve PATH --ours|--theirs|--base. What a whole file leaves out of a log is put back when it is committed.""",
    "network": """\
The two sides are of different networks (row 15).

Regtest, signet, testnet and main coins never belong in one root. There is nothing to settle: abort the merge.""",
    "data_error": """\
The sides tell two values for something that can have only one (rows 9 and 14).

A txid commits to the amounts and scripts of a transaction, and one block cannot hold two spends of one coin: one of the
two records is wrong, whoever wrote it. Look the transaction up in a node before you choose.
To settle it: gitbtc resolve OUTPOINT --ours|--theirs|--base. The commit says `Data-Error: OUTPOINT <side>`.""",
    "reorg": """\
The sides saw different blocks: the chain was reorganised between them (row 9).

Two transactions that spend one coin are both confirmed, in blocks that cannot both be in the chain; or a record, or the
tip, names two blocks. Ask a node that is in sync which block it has.
To settle it: gitbtc resolve OUTPOINT --ours|--theirs. The other transaction, and all built on it, goes.""",
    "double_spend": """\
Two transactions spend the same coin (row 8).

Neither is confirmed, and neither says that it replaces the other. Only one of them can ever be mined. Nobody has to
lose money as long as the decision comes before the second one is signed or sent.
To settle it: gitbtc resolve OUTPOINT --ours|--theirs (the transaction of that side wins) or --base (neither does).
The loser and all built on it leave the coins and the mempool, inputs that only they spent are coins again, and its
record stays with `replaced_by`. The commit says `Double-Spend: OUTPOINT <winner> over <loser>`.""",
    "double_spend_candidate": """\
Both sides removed the coin, and neither names a transaction (row 3).

It may have been one payment, or two. Find out by which transaction the coin was spent, and write that down: then the
merge decides by itself. If you know that it was one payment: gitbtc resolve OUTPOINT --ours. If it was never spent:
gitbtc resolve OUTPOINT --base. `git config gitbtc.unattributed allow` turns this conflict into a note.""",
    "rbf_unproven": """\
A transaction is said to replace another, but is not known to pay more (row 7).

Nodes replace a transaction only by one that pays a higher fee and a higher feerate (BIP-125). Here a fee is unknown, or
is not higher: the replacement may never have been accepted anywhere. Record both fees, or settle it:
gitbtc resolve OUTPOINT --ours|--theirs.""",
    "descendant": """\
The coin was spent by a transaction built on one that lost, or that may lose (row 10).

A child cannot be mined when its parent is not: the payment that it made does not happen, and has to be made again.
Where its parent is contested, settling the parent settles this. Where one side knows that the parent lost:
gitbtc resolve OUTPOINT for that side gives the child up; for the other side the parent lives, and what took its coins
goes.""",
    "restored_vs_spent": """\
One side has the coin back in its set, the other still knows an unconfirmed transaction that spends it (row 13).

A node may have dropped the transaction from its mempool, or the chain was reorganised. It can still be mined as long as
somebody has it. To settle it: gitbtc resolve OUTPOINT for the side that spends it (it is spent), or for the side that
has it back (the transaction is given up: better spend the coin again soon, which makes that true).""",
    "reservation": """\
One agent reserved the coin, and another reserved or spent it (row 16).

Reservations hold until they are released, or until the chain is past their height. To settle it:
gitbtc resolve OUTPOINT --ours|--theirs. Whoever does not win releases the coin, or loses the transaction that spends
it. The commit says `Reservation: OUTPOINT <winner> over <loser>`.""",
    "unattributed": """\
A note: one side removed the coin barely, the other names the transaction that spent it (row 2).

That transaction is adopted for both.""",
    "conflicted": """\
A note: two transactions spend the coin, and one of them is confirmed (row 5).

A confirmed transaction has won. The other one can never be mined; it and all built on it leave the coins and the
mempool, inputs that only they spent are coins again, and its record stays with `replaced_by`.""",
    "replaced": """\
A note: a transaction replaced another one, and pays a higher fee and a higher feerate for it (row 6).

That is how nodes replace transactions (BIP-125). The replaced one and all built on it leave the coins and the mempool,
and its record stays with `replaced_by`.""",
    "restored": """\
A note: one side has the coin back, the other still lists it as spent (row 13).

If the transaction that spends it is confirmed, the coin is spent. If the side that has it back knows that the
transaction lost or was given up, it is a coin again.""",
}
