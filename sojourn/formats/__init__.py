"""How the formats of landing files are read: a module for each kind, with what it finds in a file and its records."""
