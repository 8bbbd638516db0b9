"""People who help: users, teams, roles, sign-in, tokens."""
