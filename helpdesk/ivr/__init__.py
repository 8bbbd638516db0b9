"""What a caller hears before a person answers: flows, their versions, and the walk through them."""
