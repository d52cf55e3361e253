"""Changes of state files, applied to a work tree."""
