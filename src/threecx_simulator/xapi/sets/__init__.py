"""What the entity sets and singletons hold, row by row, derived from the world, the company and the running calls."""
