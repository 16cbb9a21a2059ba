"""`python -m roundup` is the `roundup` command."""

from roundup.cli import main

if __name__ == "__main__":
    main()
