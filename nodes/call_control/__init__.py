"""Call Control: answers, routes and ends calls."""
