"""Drivers: the short-lived processes that Git starts for a file. Nothing heavy is imported here."""
