"""A telephone in the browser, for trying a workflow by ear."""
