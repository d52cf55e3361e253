"""Premerge: what merging branches would do, judged in memory before anybody signs."""
