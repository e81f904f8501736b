"""What is asked: a model, rows on one side of a hold-out, slices and groups, and what a scope card adds to them."""
