package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The query that the README shows gives rows.
func TestReadmeQuery(t *testing.T) {
	modules := os.Getenv("SHAKEOUT_NODE_MODULES")
	if modules == "" {
		modules = ".npm/node_modules"
	}
	modules, err := filepath.Abs(modules)
	if err == nil {
		_, err = os.Stat(filepath.Join(modules, "@duckdb", "node-api"))
	}
	if err != nil {
		const want = "needs DuckDB (npm install --prefix .npm @duckdb/node-api)"
		if os.Getenv("SHAKEOUT_REQUIRE") == "all" {
			t.Fatal(want)
		}
		t.Skip(want)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	query := regexp.MustCompile("(?s)```sql\n(.*?)```").FindSubmatch(readme)
	if query == nil {
		t.Fatal("the README shows no query")
	}
	out := filepath.Join(t.TempDir(), "out")
	if code := run([]string{"run", "--quiet", "--tables", "parquet", "samples/inbox", out}, os.Stdout, os.Stderr, func(string) string { return "" }); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	sql := strings.ReplaceAll(string(query[1]), "'out/", "'"+out+"/")
	cmd := exec.Command("node", "-e", `
const { DuckDBInstance } = require("@duckdb/node-api");
(async () => {
  const db = await (await DuckDBInstance.create(":memory:")).connect();
  const rows = await db.runAndReadAll(process.argv[1]);
  console.log(JSON.stringify({ columns: rows.columnNames(), rows: rows.getRows().length }));
})();`, sql)
	cmd.Env = append(os.Environ(), "NODE_PATH="+modules)
	var said bytes.Buffer
	cmd.Stderr = &said
	answer, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	var got struct {
		Columns []string
		Rows    int
	}
	if err := json.Unmarshal(answer, &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rows of %v", got.Rows, got.Columns)
	if got.Rows == 0 {
		t.Error("the README's query gives nothing")
	}
}
