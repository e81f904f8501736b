"""Ground: settings, metastore, journal, files, processes, supervisor and errors. It knows nothing of the stages above it."""
