"""What a user may write in a policy file: data only, one block per file."""
