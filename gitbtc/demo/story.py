"""The story that the demo tells: one treasury, two agents that do not know of each other, one coin that both spend."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from gitbtc.demo.terminal import DemoFailed
from gitbtc.kinds.base58 import encode_check

if TYPE_CHECKING:
    from gitbtc.demo.terminal import Terminal

COINS = "wallet/utxos.json"
OTC_SHORT = "6d0cc27c:0"
OTC_COIN = "6d0cc27c51939e895f4d55d495ccc01160fb818a6371875e62e00e094436cc72:0"
BY_AGENT_A = "f28f95d29b2f755feaa32c29193992e15b4bfaa6698f45b405a9eb21120c737a"
BY_AGENT_B = "1b76774ade113a284fddd7bf288c9da021d78fb8e7481c3279da38377feac167"


def tell(terminal: Terminal) -> None:
    """The whole story, in the empty folder of `terminal`. DemoFailed where it does not go as told."""
    for chapter in (_treasury, _two_agents, _clean_merge, _double_spend, _settled, _key):
        chapter(terminal)


def _treasury(terminal: Terminal) -> None:
    terminal.chapter("1. A treasury in Git")
    terminal.say(
        "The state of a watch-only wallet, as a Bitcoin Core node tells it: ten receipts and a mined coin. "
        "The network is regtest; the recordings are a real node's answers."
    )
    terminal.show_place()
    terminal.run("git init -q -b main")
    terminal.run("gitbtc init", shows=(".gitattributes",))
    terminal.run("gitbtc import bitcoin-core --from $RECORDINGS/0-base --root .", shows=("11 coins added",))
    terminal.run("git add .")
    terminal.run('git commit -q -m "The treasury at block 111"')


def _two_agents(terminal: Terminal) -> None:
    terminal.chapter("2. Two agents, two branches, and a diff that speaks of coins")
    terminal.say("Agent B works on a branch, from another node that was cut off from the first: a source of its own.")
    terminal.run("git switch -q -c agent-b")
    terminal.become("Agent B")
    terminal.run("gitbtc import bitcoin-core --from $RECORDINGS/2-agent-b --as agent-b --root .")
    terminal.run('git commit -q -a -m "Two payments"')
    terminal.say("Agent A works on a branch of its own. What has it done?")
    terminal.run("git switch -q -c agent-a main")
    terminal.become("Agent A")
    terminal.run("gitbtc import bitcoin-core --from $RECORDINGS/1-agent-a --root .")
    terminal.run("git diff", shows=(BY_AGENT_A[:8], "2.00002388", "BTC"))
    terminal.run('git commit -q -a -m "One payment"')


def _clean_merge(terminal: Terminal) -> None:
    terminal.chapter("3. A merge of records, not of lines")
    terminal.say(
        'On main, the auditor renames a coin: "dca 1" becomes "savings, January". Its line is the neighbour of a coin '
        "that agent A spent, which a line-based merge calls a conflict."
    )
    terminal.run("git switch -q main")
    terminal.become("Auditor")
    _relabel(terminal, b'"dca 1"', b'"savings, January"')
    terminal.run("git diff", shows=("savings, January",))
    terminal.run('git commit -q -a -m "Name a coin"')
    terminal.become("Treasurer")
    _would_conflict_as_text(terminal, "main", "agent-a")
    terminal.run("git merge --no-edit agent-a", shows=("Merge made by",))
    terminal.run("gitbtc diff HEAD^1 HEAD -- wallet/utxos.json", shows=("2.00002388",))


def _double_spend(terminal: Terminal) -> None:
    terminal.chapter("4. A double spend, refused")
    terminal.say(
        "Agent B spent the same 3.5 BTC coin in another transaction. Only one of the two can be mined. Whoever asks "
        "before signing is told so, and nothing is touched."
    )
    terminal.run("gitbtc premerge agent-b", status=1, shows=("double spend", OTC_SHORT))
    terminal.say("Whoever merges anyway is stopped.")
    terminal.run(
        "git merge agent-b", status=1, shows=("double spend", OTC_SHORT, "3.5", BY_AGENT_A[:8], BY_AGENT_B[:8])
    )
    terminal.run("gitbtc conflicts", status=1, shows=(OTC_SHORT,))
    terminal.say(
        "Deleting the conflict markers and staging the file, as one would with text, settles nothing: both sides agree "
        "that the coin is gone, and still two transactions take it."
    )
    _delete_markers(terminal)
    terminal.run("git add .")
    terminal.run("git commit", status=1, shows=("double spend", OTC_SHORT))


def _settled(terminal: Terminal) -> None:
    terminal.chapter("5. Settled")
    terminal.say(
        "The treasurer decides for agent A's transaction. Agent B's loses: its change leaves the coins, and it leaves "
        "the mempool. Agent B's other payment has nothing to do with it and stays."
    )
    terminal.run(f"gitbtc resolve {OTC_SHORT} --ours")
    terminal.run("git add .")
    terminal.run("git commit -q")
    terminal.run("git log -1 --format=%B", shows=(f"Double-Spend: {OTC_COIN} {BY_AGENT_A} over {BY_AGENT_B}",))
    terminal.run("gitbtc diff HEAD^1 HEAD")
    terminal.run("gitbtc check")
    terminal.say("What became of the coin, and who says so?")
    terminal.run(f"gitbtc why {OTC_SHORT}", shows=("contested", "settled"))


def _key(terminal: Terminal) -> None:
    terminal.chapter("6. A private key, refused")
    terminal.say("Somebody writes a private key into a note (a made-up one, which is shown nowhere) and adds it.")
    note = terminal.place / "note.txt"
    note.write_text(f"hot wallet, just in case: {_made_up_key()}\n", encoding="utf-8")
    output = terminal.run("git add note.txt", status=128, shows=("WIF private key",))
    if _made_up_key() in output:
        raise DemoFailed("the refusal showed the key")
    terminal.say("The refusal came before Git wrote anything: its object store does not hold the note.")
    oid = terminal.ask("git", "hash-object", "--no-filters", "note.txt")
    terminal.run(f"git cat-file -t {oid}", status=128)
    note.unlink()


def _made_up_key() -> str:
    """A private key for the test networks, in the wallet import format. Anybody can make it, it guards nothing."""
    return encode_check(b"\xef" + sha256(b"gitbtc demo").digest() + b"\x01")


def _relabel(terminal: Terminal, old: bytes, new: bytes) -> None:
    path = terminal.place / COINS
    content = path.read_bytes()
    if content.count(old) != 1:
        raise DemoFailed(f"{path}: a label is not there exactly once")
    path.write_bytes(content.replace(old, new))


def _delete_markers(terminal: Terminal) -> None:
    path = terminal.place / COINS
    text = path.read_text("utf-8")
    kept = re.sub(r"^<{7} .*?^>{7} .*?\n", "", text, flags=re.MULTILINE | re.DOTALL)
    if kept == text:
        raise DemoFailed(f"{path}: no conflict markers")
    path.write_text(kept, "utf-8")


def _would_conflict_as_text(terminal: Terminal, ours: str, theirs: str) -> None:
    """Holds the story to its word that Git alone calls this a conflict."""
    base = terminal.ask("git", "merge-base", ours, theirs)
    files = [terminal.place / ".git" / f"demo-{revision}" for revision in ("ours", "base", "theirs")]
    for file, revision in zip(files, (ours, base, theirs), strict=True):
        file.write_text(terminal.ask("git", "cat-file", "blob", f"{revision}:{COINS}"), encoding="utf-8")
    terminal.ask("git", "merge-file", "-p", "-q", *map(str, files), status=1)
    for file in files:
        file.unlink()
