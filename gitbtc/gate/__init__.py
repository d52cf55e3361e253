"""Gate: what the hooks run. Whole snapshots are looked at here, not single files."""
