"""`helpdesk up`: one installation on one machine, started, watched and stopped together."""
