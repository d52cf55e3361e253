"""What compressed files hold, one level deep and within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitbtc.scanning import containers
from gitbtc.scanning.containers import BEYOND, DAMAGED, ENCRYPTED, OTHERWISE, members
from gitbtc.scanning.examiner import Examiner, found_within
from gitbtc.scanning.place import FILE, Place
from tests.doors.test_hook import secret

if TYPE_CHECKING:
    from pathlib import Path

    from gitbtc.scanning.containers import Member

PHRASE = "legal winner thank year wave sausage worth useful legal winner thank yellow"  # BIP-39's test vector


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return made.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", format=form) as archive:
        folder = tarfile.TarInfo("folder")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def pdf(*streams: bytes) -> bytes:
    objects = [
        b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\r\n%b\nendstream\nendobj\n"
        % (number, len(held), held)
        for number, held in enumerate(map(zlib.compress, streams), 1)
    ]
    return b"%PDF-1.7\n" + b"".join(objects) + b"trailer\n<< >>\n%%EOF\n"


def opened(content: bytes, path: str = "a") -> list[Member]:
    return list(members(io.BytesIO(content), path, len(content)))


FILES = {"a.txt": b"one\n" * 100, "folder/b.json": b'{"key": 1}', "\u00e4/" + "long" * 60: b"\0\1\2", "empty": b""}


@pytest.mark.parametrize(
    "packed",
    [
        zipped(FILES),
        zipped(FILES, zipfile.ZIP_STORED),
        tarred(FILES),
        tarred(FILES, tarfile.GNU_FORMAT),
    ],
    ids=["zip", "stored", "tar.gz", "tar.gz of GNU"],
)
def test_all_members_are_unpacked(packed: bytes) -> None:
    assert {member.name: member.content for member in opened(packed)} == FILES
    assert not any(member.problem for member in opened(packed))


def test_a_gzip_holds_one_file_and_several_parts_are_one() -> None:
    [one] = opened(gzip.compress(b"one ") + gzip.compress(b"two"), "folder/labels.jsonl.gz")
    assert (one.name, one.content, one.problem) == ("labels.jsonl", b"one two", "")


def test_streams_of_a_pdf_are_unpacked_and_called_by_their_object() -> None:
    assert [(one.name, one.content) for one in opened(pdf(b"first", b"second"))] == [
        ("object 1", b"first"),
        ("object 2", b"second"),
    ]


def test_other_files_have_no_members() -> None:
    for content in (b"", b"P", b"PK", b"{}", b"\x1f", b"text of PK\3\4"):
        assert opened(content) == []


def spread(words: str) -> bytes:
    """A sentence of Word whose second word has changed its style in the middle."""
    first, second, rest = words.split(" ", 2)
    texts = f"{first} {second[:2]}", second[2:], f" {rest}"
    runs = "".join(f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>' for text in texts)
    return f'<?xml version="1.0"?><w:document><w:body><w:p>{runs}</w:p></w:body></w:document>'.encode()


def moved(words: str) -> bytes:
    """The same as a page of PDF shows it: letters moved together, words apart."""
    shown = ") -250 (".join(f"{word[:2]}) 12.5 ({word[2:]}" for word in words.split())
    return f"BT /F1 12 Tf [({shown})] TJ ET".encode()


@pytest.mark.parametrize(
    ("name", "packed", "member"),
    [
        ("a.zip", zipped({"notes/seed.txt": PHRASE.encode()}), "notes/seed.txt"),
        ("a.docx", zipped({"word/document.xml": spread(PHRASE)}), "word/document.xml"),
        ("a.xlsx", zipped({"xl/sharedStrings.xml": "".join(
            ['<?xml version="1.0"?><sst>', *(f"<si><t>{word}</t></si>" for word in PHRASE.split()), "</sst>"]
        ).encode()}), "xl/sharedStrings.xml"),
        ("a.txt.gz", gzip.compress(PHRASE.encode()), "a.txt"),
        ("a.tar.gz", tarred({"seed.txt": PHRASE.encode()}), "seed.txt"),
        ("a.pdf", pdf(b"nothing", PHRASE.encode()), "object 2"),
        ("b.pdf", pdf(moved(PHRASE)), "object 1"),
    ],
    ids=["zip", "docx", "xlsx", "gz", "tar.gz", "pdf", "moved"],  # and not the bytes, which tell the time
)  # fmt: skip
def test_a_phrase_is_found_and_its_member_named(tmp_path: Path, name: str, packed: bytes, member: str) -> None:
    assert PHRASE.encode() not in packed
    (tmp_path / name).write_bytes(packed)
    looked = Examiner().look(Place(FILE, name, disk=str(tmp_path / name)))
    assert (looked.findings, looked.problem) == ([], "")
    [within] = looked.within
    assert (within.place.path, within.place.member) == (name, member)
    assert [found.form for found in within.findings] == ["BIP-39 mnemonic (English)"]
    assert within.findings == found_within(packed, name)


def test_a_file_is_one_level_deep() -> None:
    inner = zipped({"seed.txt": PHRASE.encode()})
    assert found_within(zipped({"inner.zip": inner}), "a") == []


def test_a_secret_file_within_is_known_by_its_name() -> None:
    assert [found.form for found in found_within(zipped({"data/hsm_secret": bytes(range(32))}), "a")] == [
        "hsm_secret of Core Lightning"
    ]


def test_the_name_of_a_member_is_looked_at() -> None:
    assert len(found_within(zipped({f"{secret()}.txt": b"nothing"}), "a")) == 1


def test_more_than_the_bound_is_told_and_what_came_before_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_BYTES", 1000)
    many = {str(number): b"%03d" % number * 100 for number in range(9)}
    for packed in (zipped(many), tarred(many)):
        found = opened(packed)
        assert sum(len(one.content) for one in found) <= 1000
        assert [one.problem for one in found if one.problem][-1:] == [BEYOND]
    assert [(one.content, one.problem) for one in opened(gzip.compress(b"a" * 1001))] == [(b"a" * 1000, BEYOND)]
    assert [len(one.content) for one in opened(pdf(b"a" * 600, b"b" * 600, b"c"))] == [600, 400, 0]
    assert opened(pdf(b"a" * 600, b"b" * 600, b"c"))[-1].problem == BEYOND


def test_a_bomb_is_unpacked_to_a_multiple_of_its_size_only() -> None:
    bomb = gzip.compress(bytes(30_000_000))
    [one] = opened(bomb)
    assert one.problem == BEYOND
    assert len(one.content) == len(bomb) * 100 + (1 << 20)
    overlapping = zipped({"a": bytes(5_000_000), "b": bytes(5_000_000)})
    assert sum(len(one.content) for one in opened(overlapping)) <= len(overlapping) * 100 + (1 << 20)


def test_too_many_members_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "MOST_MEMBERS", 5)
    many = {str(number): b"x" for number in range(9)}
    for packed in (zipped(many), tarred(many), pdf(*[b"x"] * 9)):
        assert [one.problem for one in opened(packed)][-1] == BEYOND
        assert len(opened(packed)) <= 6


def test_what_cannot_be_unpacked_is_told() -> None:
    locked = bytearray(zipped({"a": b"x" * 99}))
    for start in (locked.index(b"PK\1\2") + 8, 6):
        locked[start] |= 1
    assert [(one.name, one.problem) for one in opened(bytes(locked))] == [("a", ENCRYPTED)]
    assert [one.problem for one in opened(zipped({"a": b"x" * 99}, zipfile.ZIP_LZMA))] == [OTHERWISE]
    assert [one.problem for one in opened(zipped({"a": b"x"})[:-20])] == [DAMAGED]
    cut = gzip.compress(bytes(range(256)) * 9)[:-9]
    assert [(one.content[:256], one.problem) for one in opened(cut)] == [(bytes(range(256)), DAMAGED)]


@given(
    st.sampled_from([zipped(FILES), tarred(FILES), pdf(b"first", b"second"), gzip.compress(b"text" * 99)]),
    st.lists(st.tuples(st.integers(0, 2000), st.binary(max_size=3)), max_size=4),
    st.integers(0, 2000),
)
def test_no_damage_is_an_error(packed: bytes, changes: list[tuple[int, bytes]], size: int) -> None:
    damaged = packed
    for place, changed in changes:
        damaged = damaged[:place] + changed + damaged[place + len(changed) :]
    opened(damaged[:size])
    opened(damaged)
