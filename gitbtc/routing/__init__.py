"""Routing policies as code: what they cost, who changed them, their limits, and what a change asks of the node."""
