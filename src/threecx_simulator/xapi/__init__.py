"""The XAPI: OData v4 under `/xapi/v1`."""
