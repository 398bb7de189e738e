"""Lets `python -m digest` do what `digest` does."""

from digest.cli.main import main

if __name__ == "__main__":
    main()
