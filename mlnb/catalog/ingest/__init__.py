"""Files into tables: types from the whole file, and no row lost without being told."""
