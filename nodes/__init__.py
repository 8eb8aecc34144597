"""The operations and triggers of the four nodes: one file each, found by walking this package."""
