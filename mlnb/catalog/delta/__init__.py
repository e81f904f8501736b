"""Reading and writing Delta tables; knows locations and versions, not names."""
