"""The forms of private-key material, one module a family.

A family is a module, and a row in the table of what it reads: those of mnemonics stand in gitbtc/keys/phrases.py, all
others in gitbtc/keys/families.py. What such a module has, the protocols of gitbtc/keys/family.py say.
"""
