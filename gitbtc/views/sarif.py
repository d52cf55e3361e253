"""What a scan found as SARIF 2.1.0 (OASIS, 27 March 2020), the form in which forges and editors take findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from gitbtc import __version__
from gitbtc.keys.form import BLOCK, NOTICE, WARN
from gitbtc.views.secrets import path, reason, what_now, where

if TYPE_CHECKING:
    from typing import Any

    from gitbtc.scanning.report import Hit, Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

# 3.27.10: how bad a result is.
_LEVEL = {BLOCK: "error", WARN: "warning", NOTICE: "note"}


def sarif(report: Report) -> dict[str, Any]:
    """The log of one run."""
    rules: dict[str, dict[str, Any]] = {}
    for hit in report.hits:
        rules.setdefault(rule_id(hit.finding.form), _rule(hit))
    order = list(rules)
    run = {
        "tool": {"driver": {"name": "gitbtc", "version": __version__, "rules": list(rules.values())}},
        "results": [_result(hit, order) for hit in report.hits],
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_id(form: str) -> str:
    """The identifier of a form: its name in lower case, a hyphen for what is no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", form.lower()).strip("-")


def _rule(hit: Hit) -> dict[str, Any]:
    return {
        "id": rule_id(hit.finding.form),
        "shortDescription": {"text": hit.finding.form},
        "help": {"text": hit.finding.advice},
        "defaultConfiguration": {"level": _LEVEL[hit.finding.severity]},
    }


def _result(hit: Hit, order: list[str]) -> dict[str, Any]:
    finding = hit.finding
    told = [f"{finding.form}, fingerprint {finding.fingerprint}", finding.advice, *what_now(hit)]
    result: dict[str, Any] = {
        "ruleId": rule_id(finding.form),
        "ruleIndex": order.index(rule_id(finding.form)),
        "level": _LEVEL[finding.severity],
        "message": {"text": ". ".join(told)},
        "locations": [_location(hit)],
        # The same secret at the same place is the same result, whatever line it moves to.
        "partialFingerprints": {"gitbtcSecret/v1": finding.fingerprint},
    }
    if hit.allowed:
        result["suppressions"] = [{"kind": "external", "justification": reason(hit.allowed.reason)}]
    return result


def _location(hit: Hit) -> dict[str, Any]:
    """A line of a file; a member of one; in words for what is no file: a message, a name."""
    file = path(hit.place)
    if file is None:
        return {"logicalLocations": [{"fullyQualifiedName": where(hit.place)}]}
    artifact = {"uri": quote(file.encode("utf-8", "surrogateescape"), safe="/")}
    if hit.place.member:
        # Lines are the member's: the file that holds it has none.
        named = [{"fullyQualifiedName": where(hit.place)}]
        return {"physicalLocation": {"artifactLocation": artifact}, "logicalLocations": named}
    return {"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": hit.finding.where}}}


def _invocation(report: Report) -> dict[str, Any]:
    """3.20: what could not be scanned is told, so that nobody takes it for clean."""
    said = [f"{where(looked.place)}: {looked.problem}" for looked in report.unscanned] + report.remarks
    told = [{"level": "warning", "message": {"text": text}} for text in said]
    failed = any(not looked.harmless for looked in report.unscanned)
    return {"executionSuccessful": not failed, "toolExecutionNotifications": told}
