"""Scanning: where a key can be, looked at place by place, in any repository and in plain folders."""
