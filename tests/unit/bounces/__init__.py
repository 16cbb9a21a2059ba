"""Returned mail: what it says, and what follows."""
