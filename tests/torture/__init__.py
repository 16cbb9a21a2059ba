"""What a newsletter must survive, done to it on purpose."""
