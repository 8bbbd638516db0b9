"""What customers have bought and own: products, orders as their shops tell them, things in use."""
