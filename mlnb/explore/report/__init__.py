"""The full report of ``fg-data-profiling``, made by an interpreter of its own: the library and its pandas must not reach the kernel."""
