"""Merge: three versions of a state file become one, with a list of conflicts."""
