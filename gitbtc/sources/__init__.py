"""Sources: other programs' output becomes records."""
