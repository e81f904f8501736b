-- orders
SELECT * FROM VALUES
  (1, 'ann', 10.50, 2, TIMESTAMP '2024-01-15 10:30:00', DATE '2024-01-15', array('a', 'b'), named_struct('city', 'Bonn', 'zip', '053'), map('k', 1, 'm', 2)),
  (2, 'bob', 20.00, 1, TIMESTAMP '2024-02-20 23:59:59', DATE '2024-02-20', array('b'), named_struct('city', 'Ulm', 'zip', '089'), map('k', 5)),
  (3, 'ann', 5.25, 10, TIMESTAMP '2024-03-01 00:00:00', DATE '2024-03-01', array(), named_struct('city', 'Bonn', 'zip', '053'), map()),
  (4, 'cid', NULL, 3, NULL, NULL, NULL, NULL, NULL),
  (5, 'bob', 99.99, NULL, TIMESTAMP '2024-12-31 12:00:00', DATE '2024-12-31', array('c', 'a', 'c'), named_struct('city', 'Köln', 'zip', '050'), map('z', 9))
AS orders(id, customer, amount, quantity, at, day, tags, address, props)

-- customers
SELECT * FROM VALUES ('ann', 'Ann Lee', 'DE'), ('bob', 'Bob Ray', 'FR'), ('dee', 'Dee Fox', NULL) AS customers(key, name, country)

-- readings
SELECT * FROM VALUES
  (1, 1.5D, 'x'), (1, 2.5D, 'y'), (1, CAST(NULL AS DOUBLE), 'x'), (2, -3.0D, 'y'), (2, CAST('NaN' AS DOUBLE), 'x'), (3, 0.0D, NULL)
AS readings(sensor, value, label)
