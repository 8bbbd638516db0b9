"""Returns: what a customer sends back, step by step, each with who has to act and until when."""
