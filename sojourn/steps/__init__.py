"""What is due of each table, and how it is built: told by the lake alone, never by what a process remembers."""

Done = tuple[str, int] | None  # what was built, in words, and how many units; None: nothing was due
