"""Demo data: a believable company with months of customers and chats, made through the services."""
