SELECT count(*) AS n, count(amount) AS c, count(DISTINCT customer) AS d FROM orders
SELECT customer, sum(amount) AS s, avg(quantity) AS a FROM orders GROUP BY customer ORDER BY customer
SELECT customer, sum(quantity) AS s FROM orders GROUP BY ALL ORDER BY customer
SELECT customer, count(*) AS n FROM orders GROUP BY 1 HAVING n > 1 ORDER BY 1
SELECT customer, quantity, sum(amount) AS s FROM orders GROUP BY ROLLUP (customer, quantity) ORDER BY customer NULLS LAST, quantity NULLS LAST, s
SELECT customer, sum(amount) AS s FROM orders GROUP BY CUBE (customer) ORDER BY customer NULLS FIRST
SELECT customer, quantity, count(*) AS n FROM orders GROUP BY GROUPING SETS ((customer), (quantity)) ORDER BY customer NULLS LAST, quantity NULLS LAST
SELECT count_if(amount > 10) AS n FROM orders
SELECT sum(amount) FILTER (WHERE customer = 'ann') AS s FROM orders
SELECT max_by(id, amount) AS mx, min_by(id, amount) AS mn FROM orders
SELECT any_value(customer) AS a FROM orders WHERE id = 2
SELECT bool_and(quantity > 0) AS a, bool_or(quantity > 5) AS o, every(id > 0) AS e FROM orders
SELECT sort_array(collect_set(customer)) AS s FROM orders
SELECT sort_array(collect_list(customer)) AS s FROM orders
SELECT stddev(quantity) AS s, variance(quantity) AS v, stddev_pop(quantity) AS p FROM orders
SELECT corr(id, quantity) AS c, covar_samp(id, quantity) AS s FROM orders
SELECT percentile(quantity, 0.5) AS p FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY quantity) AS p FROM orders
SELECT median(quantity) AS m, mode(customer) AS d FROM orders WHERE customer <> 'bob'
SELECT approx_count_distinct(customer) AS n FROM orders
SELECT first(id) AS f, last(id) AS l FROM (SELECT id FROM orders WHERE id = 3)
SELECT skewness(quantity) AS s FROM orders
SELECT bit_and(id) AS a, bit_or(id) AS o, bit_xor(id) AS x FROM orders
SELECT sum(DISTINCT quantity) AS s FROM orders
SELECT try_sum(quantity) AS s, try_avg(quantity) AS a FROM orders
SELECT listagg(customer, ',') WITHIN GROUP (ORDER BY id) AS l FROM orders
SELECT string_agg(customer, '-') WITHIN GROUP (ORDER BY id DESC) AS l FROM orders
SELECT id, row_number() OVER (PARTITION BY customer ORDER BY id) AS r FROM orders ORDER BY id
SELECT id, rank() OVER (ORDER BY customer) AS r, dense_rank() OVER (ORDER BY customer) AS d FROM orders ORDER BY id
SELECT id, lag(amount) OVER (ORDER BY id) AS l, lead(amount, 2, 0.00) OVER (ORDER BY id) AS n FROM orders ORDER BY id
SELECT id, sum(quantity) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM orders ORDER BY id
SELECT id, avg(quantity) OVER (PARTITION BY customer) AS a FROM orders ORDER BY id
SELECT id, first_value(amount) OVER (ORDER BY id) AS f, last_value(id) OVER (ORDER BY id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM orders ORDER BY id
SELECT id, ntile(2) OVER (ORDER BY id) AS n, percent_rank() OVER (ORDER BY id) AS p, cume_dist() OVER (ORDER BY id) AS c FROM orders ORDER BY id
SELECT id, nth_value(id, 2) OVER (ORDER BY id) AS n FROM orders ORDER BY id
SELECT id FROM orders QUALIFY row_number() OVER (PARTITION BY customer ORDER BY id DESC) = 1 ORDER BY id
SELECT id, sum(quantity) OVER w AS s FROM orders WINDOW w AS (PARTITION BY customer ORDER BY id) ORDER BY id
SELECT last(amount, true) AS l FROM (SELECT amount FROM orders WHERE id = 4)
SELECT id, last_value(amount) IGNORE NULLS OVER (ORDER BY id) AS l FROM orders ORDER BY id
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer = c.key ORDER BY o.id
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer = c.key ORDER BY o.id
SELECT c.key, o.id FROM orders o RIGHT JOIN customers c ON o.customer = c.key ORDER BY c.key, o.id
SELECT c.key, o.id FROM orders o FULL OUTER JOIN customers c ON o.customer = c.key ORDER BY c.key NULLS LAST, o.id
SELECT id FROM orders LEFT SEMI JOIN customers ON customer = key ORDER BY id
SELECT id FROM orders LEFT ANTI JOIN customers ON customer = key ORDER BY id
SELECT count(*) AS n FROM orders CROSS JOIN customers
SELECT id, key FROM orders JOIN (SELECT key, key AS customer FROM customers) USING (customer) ORDER BY id
SELECT customer FROM orders UNION SELECT key FROM customers ORDER BY customer
SELECT customer FROM orders INTERSECT SELECT key FROM customers ORDER BY customer
SELECT customer FROM orders EXCEPT SELECT key FROM customers
SELECT customer FROM orders MINUS SELECT key FROM customers
SELECT customer FROM orders EXCEPT ALL SELECT 'ann' ORDER BY customer
SELECT id FROM orders WHERE customer IN (SELECT key FROM customers WHERE country = 'FR') ORDER BY id
SELECT id FROM orders o WHERE EXISTS (SELECT 1 FROM customers c WHERE c.key = o.customer) ORDER BY id
SELECT id FROM orders WHERE customer NOT IN ('ann', 'bob') ORDER BY id
SELECT id, (SELECT name FROM customers WHERE key = customer) AS n FROM orders ORDER BY id
WITH big AS (SELECT * FROM orders WHERE amount > 10) SELECT count(*) AS n FROM big
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) AS s FROM r
SELECT id, tag FROM orders LATERAL VIEW explode(tags) t AS tag ORDER BY id, tag
SELECT id, tag FROM orders LATERAL VIEW OUTER explode(tags) t AS tag ORDER BY id, tag
SELECT id, pos, tag FROM orders LATERAL VIEW posexplode(tags) t AS pos, tag ORDER BY id, pos
SELECT id, explode(tags) AS tag FROM orders ORDER BY id, tag
SELECT id, t.col AS tag FROM orders, LATERAL explode(tags) AS t ORDER BY id, tag
SELECT k, v FROM orders LATERAL VIEW explode(props) p AS k, v ORDER BY k, v
SELECT explode(sequence(1, 3)) AS n
SELECT * FROM (SELECT customer, quantity, id FROM orders WHERE id < 4) PIVOT (sum(quantity) FOR customer IN ('ann', 'bob')) ORDER BY id
SELECT * FROM (SELECT 1 AS id, 10 AS q1, 20 AS q2) UNPIVOT (amount FOR quarter IN (q1, q2)) ORDER BY quarter
SELECT stack(2, 1, 'a', 2, 'b')
SELECT * FROM range(3)
SELECT id * 2 AS d FROM range(1, 7, 2)
SELECT * FROM VALUES (1, 'a'), (2, 'b') AS t(n, s)
SELECT id, amount FROM orders ORDER BY amount DESC LIMIT 2
SELECT id FROM orders ORDER BY amount ASC NULLS LAST, id LIMIT 2 OFFSET 1
SELECT DISTINCT customer FROM orders ORDER BY customer
SELECT * EXCEPT (at, day, tags, address, props) FROM orders WHERE id = 1
SELECT id AS `a b`, `customer` FROM orders WHERE `id` = 1
SELECT upper(customer) AS u, lower('ABC') AS l, initcap('hello world') AS i FROM orders WHERE id = 1
SELECT substring('hello', 2, 3) AS a, substr('hello', -3) AS b, left('hello', 2) AS c, right('hello', 2) AS d
SELECT concat('a', 'b', 'c') AS a, concat('a', NULL) AS b, 'x' || 'y' AS c, concat_ws('-', 'a', NULL, 'b') AS d
SELECT trim('  x ') AS a, ltrim('  x') AS b, rtrim('x  ') AS c, btrim('xxaxx', 'x') AS d, trim(BOTH 'x' FROM 'xax') AS e
SELECT lpad('7', 3, '0') AS a, rpad('ab', 4, '.') AS b, repeat('ab', 2) AS c, space(2) AS d, reverse('abc') AS e
SELECT length('hello') AS a, char_length('äö') AS b, octet_length('ä') AS c
SELECT split('a,b,c', ',') AS a, split_part('a.b.c', '.', 2) AS b, split('a1b2', '[0-9]') AS c
SELECT replace('banana', 'a', 'o') AS a, translate('abc', 'ab', 'xy') AS b, overlay('abcdef' PLACING 'XX' FROM 2 FOR 3) AS c
SELECT regexp_replace('a1b22', '[0-9]+', '#') AS a, regexp_extract('ab12', '([a-z]+)([0-9]+)', 2) AS b, regexp_like('abc', '^a') AS c
SELECT regexp_extract_all('a1b2', '[0-9]', 0) AS a, regexp_count('banana', 'an') AS b, regexp_substr('ab12', '[0-9]+') AS c
SELECT 'abc' RLIKE 'b' AS a, 'abc' LIKE 'a%' AS b, 'ABC' ILIKE 'a_c' AS c, 'a_c' LIKE 'a\_c' AS d
SELECT startswith('hello', 'he') AS a, endswith('hello', 'lo') AS b, contains('hello', 'ell') AS c
SELECT ascii('A') AS a, chr(65) AS b, hex(255) AS c, hex('ab') AS d, base64('abc') AS e
SELECT md5('abc') AS a, sha1('abc') AS b, sha2('abc', 256) AS c, crc32('abc') AS d
SELECT levenshtein('kitten', 'sitting') AS l, soundex('Robert') AS s
SELECT format_string('%s has %d', 'ann', 3) AS a, printf('%05.2f', 3.14159D) AS b
SELECT format_number(1234567.891D, 2) AS a
SELECT find_in_set('b', 'a,b,c') AS a, substring_index('a.b.c', '.', 2) AS b, elt(2, 'x', 'y') AS c
SELECT encode('abc', 'utf-8') AS a, decode(encode('abc', 'utf-8'), 'utf-8') AS b, unhex('6162') AS c
SELECT url_encode('a b&c') AS a, parse_url('http://x.org/p?q=1', 'HOST') AS b
SELECT to_number('12.5', '99.9') AS a, to_char(12.5, '99.9') AS b
SELECT abs(-3) AS a, sign(-2.5D) AS b, ceil(1.2D) AS c, floor(-1.2D) AS d, round(2.567D, 2) AS e, bround(2.5D) AS f
SELECT 7 / 2 AS a, 7 DIV 2 AS b, 7 % 3 AS c, -7 % 3 AS d, mod(7, 3) AS e, pmod(-7, 3) AS f
SELECT power(2, 3) AS a, sqrt(16) AS b, exp(0) AS c, ln(1) AS d, log10(100) AS e, log2(8) AS f, log(2, 8) AS g, cbrt(27) AS h
SELECT sin(0) AS a, cos(0) AS b, atan2(1, 1) AS c, degrees(pi()) AS d, radians(180) AS e, e() AS f
SELECT greatest(1, 3, 2) AS a, least(1, NULL, 2) AS b, factorial(5) AS c, hypot(3, 4) AS d
SELECT 5 & 3 AS a, 5 | 3 AS b, 5 ^ 3 AS c, ~5 AS d, shiftleft(1, 3) AS e, shiftright(8, 2) AS f, bit_count(7) AS g
SELECT try_divide(1, 0) AS a, try_add(2147483647, 1) AS b, try_subtract(1, 2) AS c, try_multiply(2, 3) AS d
SELECT conv('ff', 16, 10) AS a, bin(5) AS b, width_bucket(5.35D, 0.024D, 10.06D, 5) AS c
SELECT isnan(value) AS n, nanvl(value, 0D) AS v FROM readings WHERE sensor = 2 ORDER BY n
SELECT sensor, max(value) AS m, min(value) AS i FROM readings GROUP BY sensor ORDER BY sensor
SELECT sensor, value FROM readings ORDER BY value, sensor
SELECT coalesce(NULL, 2) AS a, nullif(1, 1) AS b, nvl(NULL, 3) AS c, nvl2(NULL, 1, 2) AS d, ifnull(NULL, 4) AS e, if(1 > 2, 'x', 'y') AS f
SELECT CASE WHEN id > 3 THEN 'big' WHEN id > 1 THEN 'mid' ELSE 'small' END AS c FROM orders ORDER BY id
SELECT CASE customer WHEN 'ann' THEN 1 ELSE 0 END AS c FROM orders ORDER BY id
SELECT decode(2, 1, 'a', 2, 'b', 'z') AS a, zeroifnull(NULL) AS b, nullifzero(0) AS c
SELECT id FROM orders WHERE amount IS NULL OR quantity IS NULL ORDER BY id
SELECT NULL <=> NULL AS a, 1 <=> NULL AS b, isnull(NULL) AS c, isnotnull(1) AS d, NULL = NULL AS e
SELECT id FROM orders WHERE amount BETWEEN 5 AND 20 ORDER BY id
SELECT id FROM orders WHERE customer LIKE ANY ('a%', 'c%') ORDER BY id
SELECT CAST('12' AS INT) AS a, INT('7') AS b, CAST(1.9 AS INT) AS c, CAST(true AS INT) AS d, CAST(0 AS BOOLEAN) AS e, '3'::INT AS f
SELECT CAST(1.005 AS DECIMAL(5, 2)) AS a, CAST(12 AS STRING) AS b, CAST(1.50 AS STRING) AS c, CAST(true AS STRING) AS d
SELECT try_cast('x' AS INT) AS a, try_cast('2024-13-01' AS DATE) AS b, CAST('2024-05-06' AS DATE) AS c
SELECT CAST('2024-05-06 07:08:09' AS TIMESTAMP) AS a, CAST(DATE '2024-05-06' AS STRING) AS b, CAST(TIMESTAMP '2024-05-06 07:08:09' AS STRING) AS c
SELECT CAST(1.0D AS STRING) AS a, CAST(100000000.0D AS STRING) AS b, CAST(0.1D AS STRING) AS c
SELECT typeof(1) AS a, typeof('x') AS b, typeof(1.5) AS c, typeof(array(1)) AS d
SELECT CAST(3.7D AS INT) AS a, CAST(-3.7D AS INT) AS b, CAST('  5 ' AS INT) AS c
SELECT year(day) AS y, month(day) AS m, day(day) AS d, quarter(day) AS q, dayofweek(day) AS w, dayofyear(day) AS n, weekofyear(day) AS k FROM orders WHERE id = 1
SELECT hour(at) AS h, minute(at) AS m, second(at) AS s FROM orders WHERE id = 1
SELECT extract(YEAR FROM day) AS y, extract(DAYOFWEEK FROM day) AS d, date_part('MONTH', day) AS m FROM orders WHERE id = 2
SELECT date_add(day, 10) AS a, date_sub(day, 1) AS b, add_months(day, 1) AS c, last_day(day) AS d, next_day(day, 'MON') AS e FROM orders WHERE id = 1
SELECT dateadd(DAY, 3, DATE '2024-01-30') AS a, dateadd(MONTH, 1, DATE '2024-01-31') AS b, timestampadd(HOUR, 2, TIMESTAMP '2024-01-01 00:00:00') AS c
SELECT datediff(DATE '2024-03-01', DATE '2024-02-01') AS a, datediff(MONTH, DATE '2024-01-31', DATE '2024-03-01') AS b, date_diff(DATE '2024-03-01', DATE '2024-02-28') AS c
SELECT timestampdiff(HOUR, TIMESTAMP '2024-01-01 00:30:00', TIMESTAMP '2024-01-01 03:00:00') AS a
SELECT months_between(DATE '2024-03-31', DATE '2024-01-31') AS a, months_between(DATE '2024-03-15', DATE '2024-01-31') AS b
SELECT date_trunc('MONTH', at) AS a, date_trunc('HOUR', at) AS b, trunc(day, 'YEAR') AS c, date_trunc('WEEK', at) AS d FROM orders WHERE id = 1
SELECT date_format(at, 'yyyy-MM-dd HH:mm') AS a, date_format(day, 'dd/MM/yy') AS b, date_format(at, 'EEEE') AS c FROM orders WHERE id = 1
SELECT to_date('2024-05-06') AS a, to_date('06.05.2024', 'dd.MM.yyyy') AS b, to_timestamp('2024-05-06 07:08', 'yyyy-MM-dd HH:mm') AS c
SELECT unix_timestamp(TIMESTAMP '2024-01-01 00:00:00') AS a, from_unixtime(0) AS b, unix_date(DATE '1970-01-10') AS c, to_unix_timestamp('2024-01-01', 'yyyy-MM-dd') AS d
SELECT timestamp_seconds(60) AS a, timestamp_millis(60000) AS b, unix_millis(TIMESTAMP '1970-01-01 00:01:00') AS c, date_from_unix_date(9) AS d
SELECT make_date(2024, 2, 29) AS a, make_timestamp(2024, 1, 2, 3, 4, 5) AS b
SELECT day + INTERVAL 1 DAY AS a, day - INTERVAL 1 MONTH AS b, at + INTERVAL '2' HOUR AS c FROM orders WHERE id = 1
SELECT from_utc_timestamp(TIMESTAMP '2024-07-01 12:00:00', 'Europe/Berlin') AS a, to_utc_timestamp(TIMESTAMP '2024-01-01 12:00:00', 'Europe/Berlin') AS b
SELECT weekday(DATE '2024-01-15') AS a, dayname(DATE '2024-01-15') AS b, monthname(DATE '2024-01-15') AS c
SELECT day < DATE '2024-02-01' AS a FROM orders ORDER BY id
SELECT sequence(DATE '2024-01-30', DATE '2024-02-02') AS s
SELECT sequence(5, 1, -2) AS s
SELECT window.start AS s, sum(quantity) AS q FROM orders WHERE at IS NOT NULL GROUP BY window(at, '90 days') ORDER BY s
SELECT size(tags) AS s, cardinality(tags) AS c, array_size(tags) AS a FROM orders ORDER BY id
SELECT tags[0] AS f, get(tags, 5) AS g, element_at(tags, -1) AS e FROM orders WHERE id IN (1, 2) ORDER BY id
SELECT try_element_at(tags, 9) AS t FROM orders WHERE id = 1
SELECT array_contains(tags, 'a') AS c, array_position(tags, 'b') AS p FROM orders ORDER BY id
SELECT array_distinct(tags) AS d, sort_array(tags, false) AS s, array_remove(tags, 'c') AS r FROM orders WHERE id = 5
SELECT array_union(array(1, 2), array(2, 3)) AS u, array_intersect(array(1, 2), array(2, 3)) AS i, array_except(array(1, 2), array(2, 3)) AS e, arrays_overlap(array(1), array(1, 2)) AS o
SELECT array_max(array(1, 3, 2)) AS a, array_min(array(1, 3, 2)) AS b, array_join(array('a', 'b'), '-') AS c, concat(array(1), array(2)) AS d
SELECT slice(array(1, 2, 3, 4), 2, 2) AS a, flatten(array(array(1), array(2, 3))) AS b, array_repeat('x', 2) AS c, reverse(array(1, 2)) AS d
SELECT array_append(array(1), 2) AS a, array_prepend(array(2), 1) AS b, array_compact(array(1, NULL, 2)) AS c, array_insert(array(1, 3), 2, 2) AS d
SELECT transform(array(1, 2, 3), x -> x * 2) AS a, filter(array(1, 2, 3), x -> x > 1) AS b, exists(array(1, 2), x -> x = 2) AS c, forall(array(1, 2), x -> x > 0) AS d
SELECT aggregate(array(1, 2, 3), 0, (acc, x) -> acc + x) AS a, reduce(array(1, 2, 3), 10, (acc, x) -> acc + x) AS b
SELECT transform(array(10, 20), (x, i) -> x + i) AS a
SELECT array_sort(array(3, 1, 2)) AS a, zip_with(array(1, 2), array(3, 4), (x, y) -> x + y) AS b
SELECT arrays_zip(array(1, 2), array('a', 'b')) AS z
SELECT address.city AS c, address.zip AS z FROM orders ORDER BY id
SELECT named_struct('a', 1, 'b', 'x') AS s, struct(1 AS a, 2 AS b).b AS b
SELECT props['k'] AS k, element_at(props, 'k') AS e FROM orders WHERE id IN (1, 2) ORDER BY id
SELECT sort_array(map_keys(props)) AS k, sort_array(map_values(props)) AS v, size(props) AS s FROM orders WHERE id < 4 ORDER BY id
SELECT map_contains_key(map('a', 1), 'a') AS c, map_concat(map('a', 1), map('b', 2)) AS m, map_from_arrays(array('x'), array(9)) AS f
SELECT map_filter(map('a', 1, 'b', 2), (k, v) -> v > 1) AS f, transform_values(map('a', 1), (k, v) -> v + 1) AS t
SELECT map_entries(map('a', 1)) AS e, map_from_entries(array(struct('a', 1))) AS f, str_to_map('a:1,b:2', ',', ':') AS s
SELECT get_json_object('{"a": {"b": 2}}', '$.a.b') AS g
SELECT from_json('{"a": 1, "b": "x"}', 'a INT, b STRING') AS f
SELECT to_json(named_struct('a', 1, 'b', 'x')) AS t
SELECT json_array_length('[1, 2, 3]') AS n, json_object_keys('{"a": 1, "b": 2}') AS k
SELECT inline(array(struct(1, 'a'), struct(2, 'b')))
SELECT hash('abc') = hash('abc') AS h, xxhash64('a') = xxhash64('a') AS x
SELECT uuid() IS NOT NULL AS u, rand() < 1 AS r, length(current_user()) > 0 AS c
SELECT current_date() = current_date AS d, now() >= current_timestamp() AS n
SELECT equal_null(NULL, NULL) AS a, assert_true(true) AS b
SELECT histogram_numeric(id, 2) IS NOT NULL AS h FROM orders
SELECT sum(amount * quantity) AS s, round(avg(amount), 2) AS a FROM orders
SELECT id, amount * 1.1 AS x, amount + quantity AS y, quantity / 3 AS z FROM orders ORDER BY id
SELECT id, -amount AS n, +quantity AS p FROM orders WHERE id < 3 ORDER BY id
SELECT 1 / 3 AS a, 10 / 2 AS b, 1.0 / 3 AS c, 2 * 0.5 AS d, 3 - 5 AS e
SELECT 9223372036854775807 AS a, 1e3 AS b, 1.5BD AS c, 2L AS d, 3S AS e, 1.0F AS f
SELECT 'it''s' AS a, "double" AS b, 'tab\tx' AS c, r'raw\n' AS d
SELECT count(*) AS n FROM orders WHERE day >= '2024-02-01' AND day < '2024-04-01'
SELECT id FROM orders WHERE at > '2024-02-20' ORDER BY id
SELECT id FROM orders WHERE year(day) = 2024 AND month(day) IN (1, 2) ORDER BY id
SELECT customer, collect_list(id) AS ids FROM (SELECT * FROM orders ORDER BY id) GROUP BY customer ORDER BY customer
SELECT customer, sum(quantity) AS q FROM orders GROUP BY customer HAVING sum(quantity) > 2 ORDER BY q DESC
SELECT key, count(id) AS n FROM customers LEFT JOIN orders ON key = customer GROUP BY key ORDER BY n DESC, key
SELECT a.id, b.id AS other FROM orders a JOIN orders b ON a.customer = b.customer AND a.id < b.id ORDER BY a.id
SELECT id, sum(id) OVER (ORDER BY id RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s FROM orders ORDER BY id
SELECT max(struct(amount, id)).id AS m FROM orders
SELECT max(day) AS a, min(at) AS b FROM orders
SELECT ceil(3.14159D, 2) AS a, floor(3.14159, 1) AS b
SELECT to_binary('abc', 'utf-8') IS NOT NULL AS a, bit_length('ab') AS b
SELECT FROM_UNIXTIME(1700000000, 'yyyy') AS y
SELECT luhn_check('79927398713') AS l, mask('AbC-1') AS m
SELECT try_to_number('x', '9') AS a, try_to_timestamp('x') AS b
SELECT date('2024-01-01') AS a, string(5) AS b, double('1.5') AS c, timestamp('2024-01-01') AS d
SELECT monotonically_increasing_id() >= 0 AS m FROM orders LIMIT 1
SELECT ilike('ABC', 'a%') AS i, len('abc') AS l, lcase('A') AS a, ucase('b') AS b
SELECT array(1, 2)[1] AS a, named_struct('x', array(1, 2)).x[0] AS b
SELECT id FROM orders TABLESAMPLE (100 PERCENT) ORDER BY id
SELECT named_struct('d', DATE '2024-01-01').d AS d
SELECT any(quantity > 5) AS a, some(quantity > 100) AS s FROM orders
SELECT regr_slope(quantity, id) AS s, regr_count(quantity, id) AS c FROM orders
SELECT kurtosis(quantity) AS k FROM orders
SELECT count(DISTINCT customer, quantity) AS n FROM orders
SELECT id, customer FROM orders ORDER BY ALL LIMIT 2
FROM orders SELECT id WHERE id = 1
FROM orders |> WHERE id > 3 |> SELECT id |> ORDER BY id
