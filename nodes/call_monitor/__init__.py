"""Call Monitor: tells what happens on the PBX."""
