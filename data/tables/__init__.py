"""What data/compile.py is made of: read and check, the catalogue, the C files."""
