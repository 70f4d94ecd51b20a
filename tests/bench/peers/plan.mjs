// rules.yaml and the check for duplicates, by DuckDB with two threads: plan.mjs MODULE FILE
// Or, with a third argument, the task of filter.c.
import { createRequire } from "node:module";

const [module, file, task] = process.argv.slice(2);
const { DuckDBInstance } = await import(createRequire(module + "/").resolve("@duckdb/node-api"));
const input = `read_csv('${file}', header = true, all_varchar = true, delim = ',', quote = '"')`;

const filter = `SELECT "Serial Number" FROM ${input} WHERE "Status" = 'ASSIGNED'
	AND starts_with("Device Model", 'iPad') AND "Date Added" < '2024-08-01T00:00:00Z'`;

const plan = `WITH judged AS (SELECT *, CASE
	WHEN starts_with("Asset Tag", 'LOAN-') THEN 'loan'
	WHEN "Status" = 'ASSIGNED' AND starts_with("Device Model", 'iPad')
		AND "Date Added" < '2021-01-01' THEN 'old-ipad'
	WHEN "Product Family" = 'AppleTV' THEN 'television'
	WHEN "Assigned Server" = 'WS1 APAC' AND "Color" = 'GOLD' THEN 'golden'
	WHEN "Assigned Server" = 'Configurator' AND "Product Family" = 'Mac' THEN 'configurator'
	WHEN "Status" = 'UNASSIGNED' AND "Source" = 'RESELLER' THEN 'nobody'
	WHEN contains("Device Model", 'SE (3rd') AND "Capacity" = '64GB' THEN 'small'
	WHEN "User" = 'ward 7' AND "Date Added" > '2024-01-01T00:00:00Z' THEN 'ward'
	WHEN "Order Date" < '2019-01-01' THEN 'ancient'
	WHEN starts_with("Order Number", 'W9') THEN 'numbered'
	ELSE '' END AS depmend_rule FROM ${input}),
counted AS (SELECT *, row_number() OVER same AS nth, min(depmend_rule) OVER same AS low,
	max(depmend_rule) OVER same AS high
	FROM judged WINDOW same AS (PARTITION BY upper("Serial Number")))
SELECT * EXCLUDE (nth, low, high, depmend_rule), CASE
	WHEN low <> high THEN 'invalid'
	WHEN nth > 1 THEN 'duplicate'
	WHEN depmend_rule = '' THEN 'unmatched'
	WHEN depmend_rule = 'nobody' THEN 'manual'
	WHEN depmend_rule IN ('loan', 'television', 'small', 'numbered') THEN 'skipped'
	ELSE 'planned' END AS depmend_outcome, depmend_rule,
	'' AS depmend_steps, '' AS depmend_reason, '' AS depmend_before, '' AS depmend_after,
	'' AS depmend_evidence, 0 AS depmend_attempts, '' AS depmend_finished, '' AS depmend_run
	FROM counted`;

const instance = await DuckDBInstance.create(":memory:", { threads: "2" });
const connection = await instance.connect();
await connection.run("SET preserve_insertion_order = false");
await connection.run(`COPY (${task ? filter : plan}) TO '/dev/stdout' (FORMAT csv)`);
