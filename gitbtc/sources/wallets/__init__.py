"""Files that wallet programs export: one module a program, each of which makes a snapshot of what its file tells.

None of them tells of inputs and outputs. What they have is what people wrote, and fees: labels come in as labels of
BIP-329 (`records["labels329"]`), fees as `records["fees_paid"]`, a dict of txid to satoshi.
"""
