"""Judge: what speaks against a step, a commit or a merge, as data."""
