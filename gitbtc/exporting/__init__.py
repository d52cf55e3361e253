"""Exports: a period's flows as files that other programs read, a form a module. Pure: entries in, text out.

Every file is the same whenever it is made, and one of a longer period begins with the bytes of one that ended earlier,
so that it can be appended to and kept in Git.
"""
