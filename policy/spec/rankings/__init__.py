"""What a ranking policy may say; data only."""
