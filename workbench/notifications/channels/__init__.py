"""The ways out: one file a channel. Each sends one message, or says in plain words why it could not."""
