"""A run while it is open: what is listened to, what is kept, and how it ends."""
