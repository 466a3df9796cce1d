"""Who may do what: for now identity, by tokens of our own and by signed statements of Jupyter's proxy."""
