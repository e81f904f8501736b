"""Two sides beside one another: columns that differ, rows that are shared, what tells the sides apart."""
