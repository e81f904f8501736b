"""Settings ``[explore]`` of ``mlnb.toml``."""

from __future__ import annotations

from pydantic import BaseModel, Field


class ExploreSettings(BaseModel):
    """How much is looked at, shown and kept.

    Attributes
    ----------
    sample_rows
        Rows of the first page; associations, correlations and slices rest on them.
    pair_rows
        Rows for correlations.
    bins, shown_bins
        Fine bins that quantiles are read from, and bars of a picture.
    threads
        For the scan; 0 = as many as there are processors, at most four.
    max_columns
        Columns that are scanned in full; of wider data the most promising.
    detail_columns
        Columns whose details a page shows when it would grow too large.
    html_max_kb
        Size of a page.
    mask_personal
        Whether values that look like personal data are masked.
    report_python, report_rows, report_seconds, report_memory_mb
        The interpreter of the full report (empty = an environment of its own), and its limits.
    store_profiles
        Whether profiles are kept.
    keep_profiles
        How many are kept of one source.
    drill_seconds
        How long a question about the rows behind a profile may take.
    """

    sample_rows: int = Field(default=100_000, ge=1)
    pair_rows: int = Field(default=20_000, ge=100)
    bins: int = Field(default=2048, ge=16)
    shown_bins: int = Field(default=48, ge=4)
    threads: int = Field(default=0, ge=0)
    max_columns: int = Field(default=2000, ge=1)
    detail_columns: int = Field(default=80, ge=0)
    html_max_kb: int = Field(default=100, ge=10)
    mask_personal: bool = True
    report_python: str = ""
    report_rows: int = Field(default=50_000, ge=100)
    report_seconds: float = Field(default=300.0, gt=0)
    report_memory_mb: int = Field(default=4096, ge=256)
    store_profiles: bool = True
    keep_profiles: int = Field(default=20, ge=1)
    drill_seconds: float = Field(default=10.0, gt=0)
