"""What comes back: bounces, complaints, unsubscribe mail and what machines answer, read and judged. Pure."""
