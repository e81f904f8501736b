SELECT md5('abc') AS a, sha1('abc') AS b, sha2('abc', 256) AS c, crc32('abc') AS d
SELECT levenshtein('kitten', 'sitting') AS l, soundex('Robert') AS s
SELECT CAST(1.0D AS STRING) AS a, CAST(100000000.0D AS STRING) AS b, CAST(0.1D AS STRING) AS c
SELECT window.start AS s, sum(quantity) AS q FROM orders WHERE at IS NOT NULL GROUP BY window(at, '90 days') ORDER BY s
SELECT hash('abc') = hash('abc') AS h, xxhash64('a') = xxhash64('a') AS x
SELECT histogram_numeric(id, 2) IS NOT NULL AS h FROM orders
SELECT max(struct(amount, id)).id AS m FROM orders
SELECT luhn_check('79927398713') AS l, mask('AbC-1') AS m
