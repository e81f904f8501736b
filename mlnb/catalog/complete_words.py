"""The words that completion of SQL offers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

#: Words inside statements.
KEYWORDS = tuple(
    """
ALTER ANALYZE AND AS ASC BETWEEN BY CASE CATALOG CATALOGS CLUSTER COLUMN COLUMNS COMMENT CONSTRAINT COPY INTO CREATE CROSS
CURRENT_DATE CURRENT_TIMESTAMP DEFAULT DELETE DELTA DESC DESCRIBE DETAIL DISTINCT DROP ELSE END EXCEPT EXISTS EXPLAIN EXTENDED
FALSE FILTER FROM FULL FUNCTION FUNCTIONS GRANT GRANTS GROUP HAVING HISTORY IF IN INNER INSERT INTERSECT INTERVAL IS JOIN LATERAL
LEFT LIKE LIMIT MATCHED MERGE NATURAL NOT NULL OFFSET ON OPTIMIZE OR ORDER OUTER OVER OVERWRITE OWNER PARTITION PIVOT PRIMARY KEY
QUALIFY RENAME REPLACE RESTORE REVOKE RIGHT ROWS SCHEMA SCHEMAS SELECT SEMI SET SHOW TABLE TABLES TAGS TBLPROPERTIES THEN
TIMESTAMP TO TRUE TRUNCATE UNDROP UNION UNPIVOT UNSET UPDATE USE USING VACUUM VALUES VERSION VIEW VIEWS VOLUME VOLUMES WHEN WHERE
WINDOW WITH ZORDER
""".split()  # noqa: SIM905 - a list would be a screen long
)

#: Words that begin one.
STARTS = tuple(
    """
SELECT WITH INSERT CREATE MERGE UPDATE DELETE SHOW DESCRIBE DROP ALTER COPY OPTIMIZE VACUUM RESTORE GRANT REVOKE USE TRUNCATE
COMMENT ANALYZE UNDROP LIST PUT GET REMOVE SET EXPLAIN VALUES
""".split()  # noqa: SIM905
)

#: Words that end a table's place in FROM.
CLAUSES = frozenset(
    """
anti as by cross except from full group having inner intersect into join lateral left limit matched natural not on order outer
overwrite pivot qualify right select semi set tablesample then timestamp union unpivot using values version when where window with
""".split()  # noqa: SIM905
)

_COMMON = """
avg coalesce concat count current_date current_timestamp date_add date_diff date_format date_sub date_trunc day dense_rank explode
first_value from_json hour ifnull lag last_value lead length lower ltrim max median min minute month ntile nullif percentile rank
regexp_extract regexp_replace round row_number rtrim split sqrt stddev substring sum to_date to_json to_timestamp transform trim
try_cast upper variance year
"""


@lru_cache(maxsize=1)
def functions() -> Mapping[str, None]:
    """Return the names of the platform's functions that a statement may call."""
    from .sql.functions import LISTED

    return dict.fromkeys([*_COMMON.split(), *sorted(LISTED)])
