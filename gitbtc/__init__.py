"""gitbtc: version control for Bitcoin state on plain Git."""

__version__ = "0.1.0"
