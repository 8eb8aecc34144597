"""Everything that happened, as JSON lines; and such lines played again."""
