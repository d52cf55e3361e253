"""SARIF, held against the rules of the standard."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import pytest

from gitbtc.keys.allowed import AllowList, Entry, with_entry
from gitbtc.keys.finding import KeyFinding
from gitbtc.keys.form import NOTICE, WARN, Form
from gitbtc.scanning.place import BLOB, COMMIT, FILE, NAME, REF, TAG, Looked, Place
from gitbtc.scanning.report import Report, scanned
from gitbtc.views.sarif import rule_id, sarif
from tests.doors.test_hook import secret

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
URI = {"type": "string", "pattern": r"^[A-Za-z0-9._~!$&'()*+,;=:@/%-]+$"}  # RFC 3986, no space or control

# SARIF 2.1.0, by section: what an object must have, and what its members may be.
RULE = {  # 3.49 reportingDescriptor: a stable id; 3.50: the level that it has by default
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "shortDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"properties": {"level": {"enum": ["none", "note", "warning", "error"]}}},
    },
}
LOCATION = {  # 3.28; 3.29: an artifact and a region; 3.30: lines count from 1; 3.33: a name
    "type": "object",
    "minProperties": 1,
    "properties": {
        "physicalLocation": {
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {"required": ["uri"], "properties": {"uri": URI}},
                "region": {"required": ["startLine"], "properties": {"startLine": {"type": "integer", "minimum": 1}}},
            },
            "additionalProperties": False,
        },
        "logicalLocations": {
            "type": "array",
            "minItems": 1,
            "items": {"properties": {"fullyQualifiedName": {"type": "string", "minLength": 1}}},
        },
    },
    "additionalProperties": False,
}
RESULT = {  # 3.27; 3.35: a suppression says where it stands
    "type": "object",
    "required": ["message", "ruleId", "ruleIndex", "level", "locations", "partialFingerprints"],
    "properties": {
        "message": TEXT,
        "ruleId": {"type": "string", "minLength": 1},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": {"enum": ["none", "note", "warning", "error"]},
        "locations": {"type": "array", "minItems": 1, "items": LOCATION},
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
        "suppressions": {
            "type": "array",
            "items": {
                "required": ["kind"],
                "properties": {"kind": {"enum": ["inSource", "external"]}, "justification": {"type": "string"}},
            },
        },
    },
    "additionalProperties": False,
}
RUN = {  # 3.14; 3.18, 3.19: the tool has a driver, and that a name; 3.20: an invocation says whether it succeeded
    "type": "object",
    "required": ["tool", "results"],
    "properties": {
        "tool": {
            "required": ["driver"],
            "properties": {
                "driver": {
                    "required": ["name"],
                    "properties": {"rules": {"type": "array", "items": RULE, "uniqueItems": True}},
                }
            },
        },
        "results": {"type": "array", "items": RESULT},
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "invocations": {
            "items": {
                "required": ["executionSuccessful"],
                "properties": {
                    "executionSuccessful": {"type": "boolean"},
                    "toolExecutionNotifications": {"items": {"required": ["message"], "properties": {"message": TEXT}}},
                },
            }
        },
    },
    "additionalProperties": False,
}
LOG = {  # 3.13
    "type": "object",
    "required": ["version", "runs"],
    "properties": {"version": {"const": "2.1.0"}, "$schema": URI, "runs": {"type": "array", "items": RUN}},
    "additionalProperties": False,
}

WIF, RAW, VIEW = (
    Form("WIF private key (test network)", "move it"),
    Form("32 bytes", "look", WARN),
    Form("v", "k", NOTICE),
)


def valid(report: Report) -> dict[str, Any]:
    log = json.loads(json.dumps(sarif(report)))
    jsonschema.Draft202012Validator(LOG).validate(log)
    [run] = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    return dict(run)


def looked(place: Place, *findings: KeyFinding, problem: str = "") -> Looked:
    return Looked(place, list(findings), problem)


def report(*places: Looked, allow: bytes = b"") -> Report:
    return scanned(places, AllowList(allow, date(2026, 5, 17)))


@pytest.mark.parametrize(
    "place",
    [Place(FILE, "a b/\u00e4#?%\n\x1b.txt"), Place(FILE, "\udcff"), Place(BLOB, "a", "1" * 40),
     Place(BLOB, "", "1" * 40),
     Place(COMMIT, oid="1" * 40), Place(TAG, oid="1" * 40), Place(NAME, "a"), Place(REF, "refs/heads/a"),
     Place(FILE, secret())],
    ids=["odd", "no UTF-8", "blob", "blob without a path", "commit", "tag", "name", "ref", "a key"],
)  # fmt: skip
def test_every_place_has_a_valid_location(place: Place) -> None:
    [result] = valid(report(looked(place, KeyFinding(WIF, 7, "00" * 8))))["results"]
    [location] = result["locations"]
    is_file = place.sort in (FILE, BLOB) and place.path != "" and len(place.path) < 40
    assert ("physicalLocation" in location) == is_file
    if is_file:
        assert location["physicalLocation"]["region"] == {"startLine": 7}


def test_each_form_is_a_rule_and_each_severity_a_level() -> None:
    forms = [WIF, RAW, VIEW, WIF]
    run = valid(
        report(*(looked(Place(FILE, str(n)), KeyFinding(form, 1, f"{n:016x}")) for n, form in enumerate(forms)))
    )
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["wif-private-key-test-network", "32-bytes", "v"]
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning", "note"]


def test_a_secret_keeps_its_fingerprint_when_it_moves() -> None:
    one, other = (
        valid(report(looked(Place(FILE, "a"), KeyFinding(WIF, line, "00" * 8))))["results"][0] for line in (1, 9)
    )
    assert one["partialFingerprints"] == other["partialFingerprints"] == {"gitbtcSecret/v1": "00" * 8}


def test_what_is_allowed_is_suppressed_with_its_reason() -> None:
    allow = with_entry(None, Entry("00" * 8, "a vector", None))
    [result] = valid(report(looked(Place(FILE, "a"), KeyFinding(WIF, 1, "00" * 8)), allow=allow))["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "a vector"}]


def test_what_was_not_scanned_is_told() -> None:
    [invocation] = valid(report(looked(Place(FILE, "a"), problem="Permission denied")))["invocations"]
    assert not invocation["executionSuccessful"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == "a: Permission denied"


def test_nothing_found_is_a_valid_run() -> None:
    assert valid(report())["results"] == []


def test_rule_ids_are_plain() -> None:
    assert rule_id("BIP-39 mnemonic (English)") == "bip-39-mnemonic-english"
