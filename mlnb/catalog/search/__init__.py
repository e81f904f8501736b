"""Search in names, columns, comments and tags: an index that is derived from the metastore and can be made anew at any time."""
