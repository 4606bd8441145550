DELETE FROM t
DROP TABLE t
INSERT INTO t VALUES (1, 'x')
UPDATE t SET a = 0
REPLACE INTO t VALUES (1, 'y')
CREATE TABLE u (a)
CREATE TABLE u AS SELECT * FROM t
CREATE VIEW v AS SELECT * FROM t
CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END
CREATE INDEX i ON t(a)
ALTER TABLE t ADD COLUMN c
ALTER TABLE t RENAME TO u
ATTACH DATABASE '/tmp/stolen.db' AS s
DETACH DATABASE main
VACUUM
VACUUM INTO '/tmp/copy.db'
PRAGMA writable_schema = ON
PRAGMA journal_mode = DELETE
PRAGMA table_info(t)
BEGIN IMMEDIATE
COMMIT
SAVEPOINT s
REINDEX
ANALYZE
SELECT 1; DROP TABLE t
SELECT * FROM t; DELETE FROM t --
SELECT load_extension('/tmp/evil.so')
SELECT writefile('/tmp/evil', 'x')
SELECT readfile('/etc/passwd')
SELECT hex(randomblob(1000000000))
SELECT zeroblob(1000000000)
SELECT printf('%1000000000d', 1)
SELECT replace(replace(b, 'x', 'xxxxxxxxxxxxxxxxxxxx'), 'x', 'xxxxxxxxxxxxxxxxxxxxxxxxxx') FROM t
WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
WITH r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r
SELECT count(*) FROM t a, t b, t c, t d
SELECT a.b || b.b || c.b FROM t a, t b, t c ORDER BY 1
SELECT group_concat(a.b) FROM t a, t b
SELECT * FROM generate_series(1, 1000000000)
SELECT count(*) FROM pragma_table_info('t'), t a, t b
SELECT count(*) FROM t WHERE b LIKE '%x%x%x%x%x%x%x%x%x%x%x%x%x%y'
SELECT count(*) FROM t WHERE b GLOB '*x*x*x*x*x*x*x*x*x*x*x*x*x*y'
SELECT * INTO u FROM t
WITH d AS (DELETE FROM t RETURNING *) SELECT * FROM d
INSERT INTO t SELECT * FROM t
EXPLAIN SELECT * FROM t
SELECT fts3_tokenizer('simple')
SELECT * FROM json_each('[1,2]')
/* harmless */ DROP TABLE t /* */
SELECT pg_sleep(100)
SELECT * FROM t FOR UPDATE
SELECT x FROM (SELECT 1 AS x UNION SELECT 2) WHERE x IN (SELECT a.a FROM t a, t b, t c WHERE a.a + b.a = c.a + 1e9)
COPY t TO '/tmp/x'
EXEC sp_who
SELECT edit('x')
GRANT ALL ON t TO public
UPDATE t SET a = (SELECT max(a) FROM t) WHERE 1 = 1 RETURNING a
