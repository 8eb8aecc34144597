"""Call Data: reads what the PBX knows."""
