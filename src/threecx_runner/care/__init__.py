"""No caller is left in silence, charged, or fought over (features.md, section 1)."""
