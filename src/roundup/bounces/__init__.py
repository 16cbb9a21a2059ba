"""What comes back. Until `roundup bounces` is built this holds the return path alone."""
