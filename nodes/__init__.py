"""Real nodes, got and driven: for the tests marked `node`, and for the demo that plays on them. Not in the wheel."""
