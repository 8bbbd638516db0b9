"""Socket doors: rooms, feeds and what is sent over them."""
