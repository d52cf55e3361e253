"""Diff: two versions of a state file become operations on records."""
