"""Callers as data: YAML files that say who calls whom, when, and what the people at the other end do."""
