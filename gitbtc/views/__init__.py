"""Views: operations become text, JSON, or readable lines. Nothing here reads Git or files."""
