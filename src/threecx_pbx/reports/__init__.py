"""What the PBX can tell through its XAPI, as values."""
