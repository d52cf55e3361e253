"""Files of other programs are known by their header or their members, whatever else they hold."""

from __future__ import annotations

import pytest

from gitbtc.kinds import codec
from gitbtc.kinds.foreign import recognised
from gitbtc.kinds.registry import built_in
from gitbtc.kinds.validate import validate_files

ADDRESS = "bcrt1qh77z3ck8exy33htd36m396zdtlle9h2zd7pdx0"
TXID = "ab" * 32

FILES = {
    "labels of BIP-329": b'{"type":"tx","ref":"%b","label":"rent"}\n\n{"type":"x","ref":"y"}' % TXID.encode(),
    "labels of BIP-329 ": b'\xef\xbb\xbf{"ref":"y","type":"addr"}\r\n',
    "labels of BIP-329  ": b'[{"type":"addr","ref":"y"}]',
    "lncli listchannels": b'{"channels":[{"remote_pubkey":"02","channel_point":"a:0","chan_id":"1"}]}',
    "lightning-cli listpeerchannels": b'{"channels":[{"peer_id":"02","state":"CHANNELD_NORMAL"}]}',
    "lightning-cli listchannels": b'{"channels":[{"source":"02","destination":"03","short_channel_id":"1x1x1"}]}',
    "lightning-cli listfunds": b'{"outputs":[{"txid":"a","output":0}],"channels":[]}',
    "lncli feereport": b'{"channel_fees":[{"chan_id":"1","base_fee_msat":"1000"}]}',
    "lncli pendingchannels": b'{"total_limbo_balance":"0","pending_open_channels":[]}',
    "listunspent": b'[{"txid":"a","vout":0,"amount":1.5,"scriptPubKey":"00"}]',
    "listdescriptors": b'{"result":{"wallet_name":"w","descriptors":[]},"error":null}',
    "getrawmempool": b'{"%b":{"vsize":1,"ancestorcount":1}}' % TXID.encode(),
    "Esplora": b'[{"txid":"a","vout":0,"value":1,"status":{}}]',
    "mempool.space": b'{"time":1,"USD":2}',
    "Sparrow": b"Date (UTC),Label,Value,Balance,Fee,Value (EUR),Txid\n",
    "Electrum's history": b"oc_transaction_hash,ln_payment_hash,label,confirmations\n",
    "Specter": b"Wallet,Date,Label,Category,Amount (BTC),TxID,Address,Block Height,Timestamp\r\n",
    "Electrum's labels": b'{"%b":"rent","%b":""}' % (TXID.encode(), ADDRESS.encode()),
    "Liana": b'{"accounts":[{"descriptor":"wsh()"}],"network":"bitcoin","version":0}',
}
NONE = [b"", b"[]", b"{}", b"[\n", b"null", b"a,b\n", b'{"a":"b"}', b"\xff\xfe\n", b'{"name":"dca"}', b"[[[[" * 5000]


@pytest.mark.parametrize("name", FILES)
def test_it_is_named(name: str) -> None:
    assert name.strip() in str(recognised(FILES[name]))


@pytest.mark.parametrize("content", NONE)
def test_what_is_nothing_in_particular_is_not_named(content: bytes) -> None:
    assert recognised(content) is None


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("path", ["wallet/labels.json", "channels/channels.json", "wallet/utxos.json"])
def test_it_is_named_where_a_state_file_should_be(name: str, path: str) -> None:
    from gitbtc.kinds.registry import Kinds

    _, first = next(validate_files(Kinds(), {}, {path: ("new", lambda: FILES[name])}))
    assert name.strip() in str(first)


def test_labels_of_bip_329_are_no_strangers_where_they_belong() -> None:
    with pytest.raises(codec.Malformed) as refused:
        codec.keyed(built_in("labels329"), b'{"type":"tx","ref":"a"}\n{"type":"tx"}\n')
    assert str(refused.value) == "line 2: ref must be text: it tells the records apart"


def test_labels_are_known_however_many_they_are() -> None:
    many = FILES["labels of BIP-329"] + b"\n" + b" " * (1 << 26)
    assert "labels of BIP-329" in str(recognised(many))
    assert recognised(b"[" + b" " * (1 << 26) + b'{"type":"addr","ref":"y"}]') is None  # JSON of that size is not read
