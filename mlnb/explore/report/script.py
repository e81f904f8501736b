"""Runs in the report's own interpreter, as a script: reads a Parquet file and writes the page. It knows nothing of mlnb.

``python script.py DATA OUT TITLE full|minimal``; how far it is stands on its standard error, as the library's own bars.
"""

from __future__ import annotations

import sys
import warnings


def main(data: str, out: str, title: str, mode: str) -> None:
    """Write the report of a Parquet file."""
    warnings.filterwarnings("ignore")
    import pandas as pd
    from data_profiling import ProfileReport  # type: ignore[import-not-found]  # not in our environment

    frame = pd.read_parquet(data)
    report = ProfileReport(frame, title=title, minimal=mode == "minimal", progress_bar=True)
    report.to_file(out, silent=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
