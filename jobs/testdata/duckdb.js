// Prints every Parquet file of a folder as JSON, as DuckDB reads it.
const { DuckDBInstance } = require("@duckdb/node-api");
const fs = require("fs"), path = require("path");

(async () => {
  const db = await (await DuckDBInstance.create(":memory:")).connect();
  const read = {};
  for (const file of fs.readdirSync(process.argv[2])) {
    const at = path.join(process.argv[2], file).replaceAll("'", "''");
    const rows = await db.runAndReadAll(`select * from read_parquet('${at}')`);
    const meta = await db.runAndReadAll(`select decode(key) as key, decode(value) as value from parquet_kv_metadata('${at}')`);
    const units = {};
    for (const [key, value] of meta.getRows()) if (key.startsWith("unit:")) units[key.slice(5)] = value;
    read[path.basename(file, ".parquet")] = {
      columns: rows.columnNames(), units,
      rows: rows.getRows().map(row => row.map(v => v === null || ["number", "string", "boolean"].includes(typeof v) ? v : typeof v === "bigint" ? Number(v) : v.toString())),
    };
  }
  console.log(JSON.stringify(read));
})();
