"""What keeps a workspace safe: back-up, restore, relocation, upgrade, retention, doctor."""
