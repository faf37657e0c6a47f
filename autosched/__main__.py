"""`python -m autosched` is the command `autosched`."""

from autosched.cli import main

if __name__ == "__main__":
    main(prog_name="autosched")
