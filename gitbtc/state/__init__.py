"""State: the files of one moment, the sides of a merge, and what Git is in the middle of."""
