"""Legs become calls, and calls become events."""
