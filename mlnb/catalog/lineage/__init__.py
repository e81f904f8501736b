"""Lineage: where data comes from and what is made of it, from SQL, from reads and writes, and by hand."""
