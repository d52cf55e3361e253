"""A join by many workers, which have nothing in common but a remote."""
