"""The data along its time column: times, periods, gaps, drift."""
