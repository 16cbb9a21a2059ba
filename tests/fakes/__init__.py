"""Hand-written stand-ins for the world, each with a small language of its own."""
