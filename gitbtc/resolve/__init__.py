"""Resolve: where people settle what the evidence leaves open, and what follows for the files."""
