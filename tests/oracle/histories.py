"""Random histories: a treasury, and what two or three wallets that know it did and learned, each by its own lights.

Each wallet's view is consistent: its coins are what replaying its live transactions gives. Views are partial: what one
wallet knows confirmed, another may know from a mempool, from an event of the log, or not at all.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from tests.oracle import records
from tests.oracle.records import Outpoint, Payment, Word

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.oracle.evidence import Files

TIP = 110
COINS = {(name, 0): 100_000 + 1000 * number for number, name in enumerate("CDEF")}  # nobody knows whence
_FEES = (500, 1000, 2000, 4000)
_FEW = 0.15


@dataclass
class World:
    """What there is to know: `payments` by name, `mined` at which height of the common chain, who saw a `reorg`."""

    random: Random
    has_mempool: bool = True
    payments: dict[str, Payment] = field(default_factory=dict)
    mined: dict[str, int] = field(default_factory=dict)
    reorg: str = ""
    foreign: int = 0

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def outsider(self) -> tuple[Outpoint, int | None]:
        """An outpoint that belongs to somebody else, and its amount where one knows it."""
        self.foreign += 1
        return (f"foreign{self.foreign}", 0), self.random.choice((50_000, 80_000, None))

    def make(self, kind: str, inputs: list[tuple[Outpoint, int | None]], fee: int, **more: Any) -> Payment:
        """A new transaction: all but the fee to one or two outputs."""
        name = f"{kind}{len(self.payments) + 1}"
        total = sum(sat or 60_000 for _, sat in inputs) - fee
        parts: tuple[int, ...] = (total,)
        own = frozenset({0})
        if kind != "In" and total > 20_000 and self.chance(0.4):
            parts = (total - 10_000, 10_000)
        elif kind == "Rival" and self.chance(0.4):
            own = frozenset()
        vsize = 100 + 40 * len(inputs) + 10 * len(parts)
        self.payments[name] = Payment(name, tuple(inputs), parts, own, fee, vsize, **more)
        return self.payments[name]

    def rivals(self, name: str) -> set[str]:
        spent = self.payments[name].spent
        return {other for other, payment in self.payments.items() if other != name and payment.spent & spent}


@dataclass
class Wallet:
    """A view: its `words` on transactions, the coins of unknown origin, what was taken from its list by nobody."""

    world: World
    name: str
    words: dict[str, Word] = field(default_factory=dict)
    found: dict[Outpoint, int] = field(default_factory=dict)
    removed: set[Outpoint] = field(default_factory=set)
    labels: dict[Outpoint, str] = field(default_factory=dict)
    tip: int = TIP
    fork: str = ""
    listed_in_base: frozenset[Outpoint] = frozenset()
    story: list[str] = field(default_factory=list)

    # -- what it sees --------------------------------------------------------------------------------------------

    @property
    def live(self) -> list[str]:
        return [name for name, word in self.words.items() if word.is_live]

    @property
    def unconfirmed(self) -> list[str]:
        return [name for name in self.live if not self.words[name].is_confirmed]

    def spent(self) -> set[Outpoint]:
        return {outpoint for name in self.live for outpoint in self.world.payments[name].spent}

    def makes_no_coin(self, name: str) -> bool:
        """Whether it is said to be in no mempool, or comes from what lost."""
        known = (parent for parent, _ in self.world.payments[name].spent if parent in self.words)
        return self.words[name].waits or any(not self.words[parent].is_live for parent in known)

    def outputs(self) -> dict[Outpoint, int]:
        """All that it ever might list: coins of unknown origin, and own outputs of what lives."""
        made = {
            (name, vout): sat
            for name in self.live
            if not self.makes_no_coin(name)
            for vout, sat in enumerate(self.world.payments[name].outputs)
            if vout in self.world.payments[name].own
        }
        return self.found | made

    def coins(self) -> dict[Outpoint, int]:
        hidden = self.spent() | self.removed
        return {outpoint: sat for outpoint, sat in self.outputs().items() if outpoint not in hidden}

    def files(self) -> Files:
        """Its state files."""
        world, spent = self.world, self.spent()
        known = [(world.payments[name], word) for name, word in self.words.items()]
        coins = [
            records.coin(o, sat, self.words.get(o[0]), label=self.labels.get(o),
                         coinbase=o[0] in world.payments and world.payments[o[0]].coinbase)
            for o, sat in self.coins().items()
        ]  # fmt: skip
        files: Files = {
            records.UTXOS: coins,
            records.TRANSACTIONS: [records.transaction(payment, word, spent) for payment, word in known if word.record],
            records.EXECUTION: [records.event(payment) for payment, word in known if word.log],
            records.CHAIN: records.chain(self.tip, self.fork),
        }
        if world.has_mempool:
            files[records.MEMPOOL] = [records.entry(payment, spent) for payment, word in known if word.mempool]
        return files

    # -- how it learns -------------------------------------------------------------------------------------------

    def place(self, name: str) -> None:
        """Learn of an unconfirmed transaction, from one file or several."""
        if self.world.has_mempool:
            choices = [Word(mempool=True)] * 4 + [Word(record=True, mempool=True)] * 4 + [Word(log=True)]
            choices += [Word(log=True, mempool=True), Word(record=True, mempool=True, log=True)]
        else:
            choices = [Word(record=True)] * 4 + [Word(log=True), Word(record=True, log=True)]
        self.words[name] = self.world.random.choice(choices)

    def lose(self, name: str, by: str | None = None) -> None:
        """Learn that it is void, with all that spends from it: marked where a file keeps it, else forgotten."""
        for child in self.live:
            if child in self.live and any(parent == name for parent, _ in self.world.payments[child].spent):
                self.lose(child, by if self.world.chance(0.5) else None)
        word = self.words[name]
        if word.record or word.log:
            self.words[name] = Word(record=True, log=word.log, abandoned=by is None, replaced_by=by)
        else:
            del self.words[name]

    def confirm(self, name: str) -> None:
        """See it in a block, with what it spends from, and its rivals lose."""
        for rival in sorted(self.world.rivals(name)):
            if rival in self.live:  # and did not go with another
                self.lose(rival, name)
        for parent, _ in self.world.payments[name].spent:
            if parent in self.words and not self.words[parent].is_confirmed:
                self.confirm(parent)
        height = self.tip + 1
        if not self.fork:
            height = self.world.mined.setdefault(name, height)
        self.tip = max(self.tip, height)
        self.words[name] = Word(record=True, log=self.words.get(name, Word()).log, height=height, fork=self.fork)

    def may_confirm(self, name: str) -> bool:
        """Whether its chain has no rival of it, or of what it spends from; seldom it has, and somebody is wrong."""
        if self.world.payments[name].coinbase:
            return False
        mined = {n for n, word in self.words.items() if word.is_confirmed and word.is_live}
        if self.world.rivals(name) & mined:
            return False
        if self.world.rivals(name) & self.world.mined.keys() and not self.world.chance(0.05):
            return False
        parents = [parent for parent, _ in self.world.payments[name].spent if parent in self.world.payments]
        return all(
            parent in self.words and (self.words[parent].is_confirmed or self.may_confirm(parent)) for parent in parents
        )

    def could_spend(self, payment: Payment) -> bool:
        """Whether it knows of no spend of the inputs, and that what makes them lives."""
        known = {o for o in payment.spent if o[0] in self.world.payments or o in self.found}
        return not payment.spent & self.spent() and known <= self.coins().keys()


# -- what may happen to a wallet: each tells it in a few words, or returns nothing where it cannot ---------------------


def receive(wallet: Wallet) -> str:
    world = wallet.world
    payment = world.make("In", [world.outsider()], world.random.choice(_FEES))
    wallet.place(payment.name)
    return f"receives {payment.name}"


def receive_in_a_block(wallet: Wallet) -> str:
    told = receive(wallet)
    wallet.confirm(told.split()[-1])
    return told + " in a block"


def find(wallet: Wallet) -> str:
    world = wallet.world
    world.foreign += 1
    outpoint = (f"found{world.foreign}", 0)
    wallet.found[outpoint] = 30_000
    return f"lists {outpoint[0]}:0 of unknown origin"


def mine(wallet: Wallet) -> str:
    world = wallet.world
    if wallet.fork:
        return ""
    name = f"Coinbase{len(world.payments) + 1}"
    world.payments[name] = Payment(name, (), (500_000,), fee=0, coinbase=True)
    wallet.confirm(name)
    return f"mines {name}"


def spend(wallet: Wallet) -> str:
    world = wallet.world
    coins = sorted(wallet.coins().items())
    if not coins:
        return ""
    young = [coin for coin in coins if coin[0][0] in wallet.words]
    inputs: list[tuple[Outpoint, int | None]] = []
    inputs += world.random.sample(young if young and world.chance(0.5) else coins, 1)
    more = [coin for coin in coins if coin not in inputs]
    inputs += world.random.sample(more, min(len(more), world.random.choice((0, 0, 0, 1, 1, 2))))
    if world.chance(_FEW):
        inputs.append(world.outsider())
    payment = world.make("Pay", inputs, world.random.choice(_FEES))
    wallet.place(payment.name)
    return f"spends {_texts(payment.spent)} by {payment.name}"


def spend_in_a_block(wallet: Wallet) -> str:
    told = spend(wallet)
    name = told.split()[-1] if told else ""
    if not name or not wallet.may_confirm(name):
        return told
    wallet.confirm(name)
    return told + " in a block"


def bump(wallet: Wallet) -> str:
    """A replacement: it pays more, or not, or nobody knows."""
    world = wallet.world
    old = _choose(wallet, wallet.unconfirmed)
    if not old:
        return ""
    payment = world.payments[old]
    shared = list(payment.inputs)
    inputs = world.random.sample(shared, world.random.randint(1, len(shared)))
    made_by_old = _descendants(wallet, old)
    more = [coin for coin in sorted(wallet.coins().items()) if coin[0][0] not in made_by_old]
    if more and world.chance(0.25):
        inputs.append(world.random.choice(more))
    unknown = world.chance(0.2)
    if unknown:
        inputs.append((world.outsider()[0], None))
    fee = payment.fee * 3 + 1500 if world.chance(0.7) else max(payment.fee - 300, 100)
    replaces = (old,) if world.chance(0.85) else ()
    new = world.make("Bump", inputs, fee, replaces=replaces)
    wallet.lose(old, new.name)
    wallet.place(new.name)
    if unknown and world.chance(0.5):
        wallet.words[new.name] = Word(record=True)  # whose fee nobody told
    link = "replaces" if replaces else "takes the place of"
    return f"{new.name} of fee {fee} {link} {old} of fee {payment.fee}"


def lose_to_a_block(wallet: Wallet) -> str:
    """A rival of one of its payments is in a block."""
    world = wallet.world
    old = _choose(wallet, wallet.unconfirmed)
    if not old:
        return ""
    inputs = world.random.sample(list(world.payments[old].inputs), 1)
    rival = world.make("Rival", inputs, world.random.choice(_FEES))
    if not wallet.may_confirm(rival.name):
        del world.payments[rival.name]
        return ""
    wallet.confirm(rival.name)
    return f"{rival.name}, in a block, spends {_texts(rival.spent)} instead of {old}"


def confirm(wallet: Wallet) -> str:
    name = _choose(wallet, [name for name in wallet.unconfirmed if wallet.may_confirm(name)])
    if not name:
        return ""
    wallet.confirm(name)
    return f"{name} is in block {wallet.words[name].height}"


def evict(wallet: Wallet) -> str:
    forgettable = [n for n in wallet.unconfirmed if not wallet.words[n].record and not wallet.words[n].log]
    name = _choose(wallet, forgettable)
    if not name:
        return ""
    wallet.lose(name)
    return f"{name} is evicted"


def abandon(wallet: Wallet) -> str:
    name = _choose(wallet, wallet.unconfirmed)
    if not name:
        return ""
    wallet.words[name] = replace(wallet.words[name], record=True)
    wallet.lose(name)
    return f"gives up {name}"


def fall_out(wallet: Wallet) -> str:
    """It leaves the mempool, and nobody gives it up."""
    parents = {parent for name in wallet.live for parent, _ in wallet.world.payments[name].spent}
    names = [n for n in wallet.unconfirmed if n not in parents and wallet.words[n].mempool and wallet.words[n].record]
    name = _choose(wallet, names)
    if not name:
        return ""
    wallet.words[name] = replace(wallet.words[name], mempool=False, waits=True)
    return f"{name} waits outside the mempool"


def return_to_the_mempool(wallet: Wallet) -> str:
    """What waited outside is sent again."""
    name = _choose(wallet, [name for name in wallet.live if wallet.words[name].waits])
    if not name:
        return ""
    wallet.words[name] = replace(wallet.words[name], mempool=True, waits=False)
    return f"{name} is in the mempool again"


def reorg(wallet: Wallet) -> str:
    """Its best chain is another one, and longer than all: what was in the blocks is unconfirmed, a coinbase void."""
    world = wallet.world
    mined = [n for n in wallet.live if wallet.words[n].is_confirmed]
    if world.reorg or not mined:
        return ""
    world.reorg = wallet.fork = wallet.name
    first = min(wallet.words[name].height or 0 for name in world.random.sample(mined, 1))
    wallet.tip += 20
    gone = [name for name in mined if (wallet.words[name].height or 0) >= first]
    for name in gone:
        wallet.words[name] = replace(wallet.words[name], height=None, mempool=world.has_mempool)
    for name in gone:
        if world.payments[name].coinbase:
            wallet.lose(name)
    return f"a reorg takes {', '.join(sorted(gone))} out of the chain"


def revive(wallet: Wallet) -> str:
    """What was given up or replaced is there again."""
    world = wallet.world
    lost = [n for n, word in wallet.words.items() if not word.is_live and not world.payments[n].coinbase]
    name = _choose(wallet, [name for name in lost if wallet.could_spend(world.payments[name])])
    if not name:
        return ""
    wallet.words[name] = Word(record=True, mempool=world.has_mempool, log=wallet.words[name].log)
    if world.chance(0.4) and wallet.may_confirm(name):
        wallet.confirm(name)
        return f"{name} is in a block after all"
    return f"{name} is pending again"


def remove(wallet: Wallet) -> str:
    """A coin leaves the list, and nobody says why."""
    coins = sorted(wallet.coins().keys() & wallet.listed_in_base)
    coins = [outpoint for outpoint in coins if outpoint in COINS or wallet.world.chance(_FEW)]
    if not coins:
        return ""
    outpoint = wallet.world.random.choice(coins)
    wallet.removed.add(outpoint)
    return f"{_texts([outpoint])} is taken from the list"


def learn(wallet: Wallet) -> str:
    """It hears of another wallet's transaction."""
    world = wallet.world
    others = [n for n in world.payments if n not in wallet.words and not world.payments[n].coinbase]
    name = _choose(wallet, [name for name in others if wallet.could_spend(world.payments[name])])
    if not name:
        return ""
    wallet.place(name)
    if world.chance(0.3) and wallet.may_confirm(name):
        wallet.confirm(name)
        return f"learns of {name} in a block"
    return f"learns of {name}"


def learn_of_a_block(wallet: Wallet) -> str:
    """It hears that a rival of its own is in a block."""
    world = wallet.world
    rivals = [n for n in world.payments if n not in wallet.words and world.rivals(n) & set(wallet.unconfirmed)]
    name = _choose(wallet, [name for name in rivals if _affordable(wallet, name) and wallet.may_confirm(name)])
    if not name:
        return ""
    wallet.confirm(name)
    return f"learns of {name} in a block"


def write_down(wallet: Wallet) -> str:
    """What only a mempool knew gets a record."""
    name = _choose(wallet, [n for n in wallet.unconfirmed if wallet.words[n].mempool and not wallet.words[n].record])
    if not name:
        return ""
    wallet.words[name] = replace(wallet.words[name], record=True)
    return f"writes {name} into its history"


def label(wallet: Wallet) -> str:
    coins = sorted(wallet.coins().keys() & COINS.keys())
    if wallet.name != "ours" or not coins:  # two labels of one coin are another matter
        return ""
    outpoint = wallet.world.random.choice(coins)
    wallet.labels[outpoint] = f"of {wallet.name}"
    return f"labels {_texts([outpoint])}"


def wait(wallet: Wallet) -> str:
    wallet.tip += 1
    return "sees a block"


_ACTIONS: dict[Callable[[Wallet], str], int] = {
    receive: 4, receive_in_a_block: 1, find: 1, mine: 1, spend: 12, spend_in_a_block: 3, bump: 8, lose_to_a_block: 4,
    confirm: 8, evict: 5, abandon: 6, fall_out: 2, reorg: 2, revive: 4, return_to_the_mempool: 2, remove: 2, learn: 5,
    learn_of_a_block: 3, write_down: 3, label: 1, wait: 1,
}  # fmt: skip
_EARLY: dict[Callable[[Wallet], str], int] = {
    receive: 4, receive_in_a_block: 3, mine: 2, spend: 8, spend_in_a_block: 4, bump: 2, confirm: 3, abandon: 2,
    fall_out: 1,
}  # fmt: skip


def _act(wallet: Wallet, actions: dict[Callable[[Wallet], str], int]) -> None:
    for action in wallet.world.random.choices([*actions], [*actions.values()], k=20):
        told = action(wallet)
        if told:
            wallet.story.append(told)
            return


def _choose(wallet: Wallet, names: list[str]) -> str:
    return wallet.world.random.choice(sorted(names)) if names else ""


def _descendants(wallet: Wallet, name: str) -> set[str]:
    found = {name}
    for _ in wallet.live:
        found |= {n for n in wallet.live if any(parent in found for parent, _ in wallet.world.payments[n].spent)}
    return found


def _affordable(wallet: Wallet, name: str) -> bool:
    """Whether all that it spends is known here, but for what it takes from its rivals."""
    world = wallet.world
    trial = copy.copy(wallet)
    trial.words = dict(wallet.words)
    for rival in sorted(world.rivals(name)):
        if rival in trial.live:
            trial.lose(rival)
    return trial.could_spend(world.payments[name])


def _texts(outpoints: Any) -> str:
    return ", ".join(f"{name}:{vout}" for name, vout in sorted(outpoints))


@dataclass
class History:
    """A base and its heads, as state files, and how they came about."""

    seed: int
    base: Files
    heads: list[Files]
    story: list[str]

    def __str__(self) -> str:
        return "\n".join(f"    {line}" for line in self.story)


def history(seed: int, heads: int = 2) -> History:
    """The history of a seed, the same each time. `heads`: two or three."""
    random = Random(seed)
    world = World(random, has_mempool=random.random() < 0.85)
    base = Wallet(world, "base", found=dict(COINS))
    for _ in range(random.choice((0, 1, 1, 2, 3, 4))):
        _act(base, _EARLY)
    wallets = []
    for name in ("ours", "theirs", "third")[:heads]:
        wallet = copy.copy(base)
        wallet.name, wallet.story = name, []
        wallet.words, wallet.found, wallet.labels = dict(base.words), dict(base.found), dict(base.labels)
        wallet.removed, wallet.listed_in_base = set(base.removed), frozenset(base.coins())
        wallets.append(wallet)
    turns = [wallet for wallet in wallets for _ in range(random.choice((1, 1, 2, 2, 3, 4)))]
    random.shuffle(turns)
    for wallet in turns:
        _act(wallet, _ACTIONS)
    story = [f"{wallet.name}: {'; '.join(wallet.story) or 'nothing'}" for wallet in (base, *wallets)]
    return History(seed, base.files(), [wallet.files() for wallet in wallets], story)
