"""3CX's Call Control API: its REST endpoints, its WebSocket, and their shapes."""
