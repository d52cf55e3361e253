"""Kinds: what a state file is. Bytes become records here, and records become canonical bytes."""
