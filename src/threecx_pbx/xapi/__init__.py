"""3CX's configuration and report API (OData v4)."""
