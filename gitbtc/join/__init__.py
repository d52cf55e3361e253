"""Join: many heads become one state, without a conflict, in whatever order and grouping they arrive."""
