"""Which network a server is of: the hash of its first block tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitbtc.errors import CannotWork
from gitbtc.kinds.formats import descriptor_networks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitbtc.kinds.kind import Record

# Bitcoin Core's chainparams.cpp. All signets begin with the same block.
NETWORKS = {
    "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f": "main",
    "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943": "test",
    "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043": "testnet4",
    "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6": "signet",
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206": "regtest",
}


def network_of(genesis: str, descriptors: Iterable[Record], where: str) -> str:
    """The network whose first block has this hash. Raises CannotWork for one that is unknown, or not that of all
    descriptors.
    """
    network = NETWORKS.get(genesis)
    if network is None:
        raise CannotWork(f"{where}: its chain begins with block {genesis}, which is of no network that gitbtc knows")
    check_network(network, descriptors, where)
    return network


def check_network(network: str, descriptors: Iterable[Record], where: str) -> None:
    """Raise CannotWork for descriptors of another network, before any of their addresses is told to anybody."""
    for record in descriptors:
        own = descriptor_networks(str(record["descriptor"]))
        if network not in own:
            raise CannotWork(f"{where}: it is of {network}, and the descriptor {str(record['id'])[:8]} of "
                             f"{' or '.join(sorted(own))}; it was not told any address")  # fmt: skip
