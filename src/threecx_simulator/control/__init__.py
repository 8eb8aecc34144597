"""For tests and demos: place calls, ask what happened, make the PBX ill. Nothing here exists on a real PBX."""
