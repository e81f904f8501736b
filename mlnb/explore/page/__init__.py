"""How profiles and comparisons look: static pages, text, single pictures."""
