"""Reserving: the events that say which coins an agent is about to spend, and claims on them at a shared remote."""
