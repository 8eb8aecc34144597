"""The credentials, as the runner reads them; the n8n classes beside them are generated."""
