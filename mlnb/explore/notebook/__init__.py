"""An exploration notebook in plain pandas and matplotlib, for whoever has no mlnb."""
