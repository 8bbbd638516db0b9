"""Webhooks: other programs are told what happened here. Sending stands in `workflows`."""
