"""Repo: the only room that knows Git."""
