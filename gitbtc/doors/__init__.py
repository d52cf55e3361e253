"""Doors: the hooks, a server, CI: they read, ask the judge, print and exit."""
