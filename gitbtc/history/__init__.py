"""What happened to coins, commit by commit: from the state files of a history to events that a person reads."""
