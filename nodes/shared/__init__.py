"""Parameters that several operations have."""
