package analysis

import (
	"slices"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// Type is what a column holds.
type Type int

// The types of columns.
const (
	Text  Type = iota // null, never ""
	Float             // float64
	Int               // int64
	Bool
	Day32 // Date
)

// ColumnSpec describes one column of a table.
type ColumnSpec struct {
	Name   string
	Type   Type
	Unit   string // of numbers: fraction, points, days, count, factor, money, money_per_mtok, or "" when a sibling column says it
	Needed bool   // input: the table is recognised by it
	Reason bool   // result: a sibling <name>_reason says why it is null
}

// TableSpec describes the shape of a table.
type TableSpec struct {
	Name    string
	Columns []ColumnSpec
	Key     int // result tables: the first Key columns name a row
}

// Schema is the Arrow schema: the columns in order, each reason right after the
// last column, units in the field metadata.
func (s TableSpec) Schema() *arrow.Schema {
	types := map[Type]arrow.DataType{
		Text: arrow.BinaryTypes.String, Float: arrow.PrimitiveTypes.Float64,
		Int: arrow.PrimitiveTypes.Int64, Bool: arrow.FixedWidthTypes.Boolean, Day32: arrow.FixedWidthTypes.Date32,
	}
	var fields, reasons []arrow.Field
	for _, c := range s.Columns {
		f := arrow.Field{Name: c.Name, Type: types[c.Type], Nullable: true}
		if c.Unit != "" {
			f.Metadata = arrow.NewMetadata([]string{"unit"}, []string{c.Unit})
		}
		fields = append(fields, f)
		if c.Reason {
			reasons = append(reasons, arrow.Field{Name: c.Name + "_reason", Type: arrow.BinaryTypes.String, Nullable: true})
		}
	}
	return arrow.NewSchema(append(fields, reasons...), nil)
}

// Column finds a column's description.
func (s TableSpec) Column(name string) (ColumnSpec, bool) {
	for _, c := range s.Columns {
		if c.Name == name {
			return c, true
		}
	}
	return ColumnSpec{}, false
}

// attributes are what a row of a result table may lack without a reason beside it
// (methods 0.4): whose it is, when and by which rule. Whatever else is null says
// why in its _reason column: every number, every yes or no, and each word that is
// itself a result.
var attributes = []string{
	"company", "owner", "camp", "region", "subject", "exit", "stage", "cohort", // whose
	"filed", "launched", "active", "commercial", "finalist", "retired", "free_since", "last_release", "price_date", "rate_date", "leader_since", "from", "to", "period", // when
	"metric", "level", "unit", "currency", "weights", "growth_metric", "resources_from", "iteration_from", "monetisation_from", "cac_from", "total_from", "share_of", "family_from", "rule", // from what
	"bound", "step_bound", "count_bound", "doubling_bound", "caution", "war", "also_measure", "aml_names", "shown", "label",
}

// MayLack reports whether a column may be null without a reason: a key, or an
// attribute. The grain of a date is null with it.
func (s TableSpec) MayLack(column int) bool {
	c := s.Columns[column]
	return column < s.Key || !c.Reason && (slices.Contains(attributes, c.Name) || strings.HasSuffix(c.Name, "_grain"))
}

func needed(name string, t Type) ColumnSpec { return ColumnSpec{Name: name, Type: t, Needed: true} }

func columns(t Type, names ...string) []ColumnSpec {
	var cs []ColumnSpec
	for _, n := range names {
		cs = append(cs, ColumnSpec{Name: n, Type: t})
	}
	return cs
}

func join(parts ...[]ColumnSpec) []ColumnSpec {
	var all []ColumnSpec
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func one(c ColumnSpec) []ColumnSpec { return []ColumnSpec{c} }

// provenance closes every input table: source indexes Table.Sources, row is the
// 1-based sheet row.
var provenance = columns(Int, "source", "row")

// InputTables are the tables that readers make, in reading order. The tables
// hold what the sheet says, names as typed; aliases, joins and duplicates are
// the analyses' work.
var InputTables = []TableSpec{Filings, Metrics, Prices, Releases, Companies, Aliases, Rates, Mergers, Settings}

// The input tables.
var (
	// Filings has one row per model or service filed or listed. A stage date is
	// the first day of what the sheet states; its grain (day, month) stands
	// beside it, so that a month can be read as its middle (methods 0.3).
	Filings = TableSpec{Name: "filings", Columns: join(
		one(needed("model", Text)), columns(Text, "company", "camp", "region", "category", "register", "filing_no", "status"),
		columns(Day32, "filed", "launched", "active", "commercial", "retired"),
		columns(Text, "filed_grain", "launched_grain", "active_grain", "commercial_grain", "retired_grain"), provenance)}

	// Metrics has one row per subject, period and metric; value in the
	// metric's canonical unit, shares and percentages as fractions.
	Metrics = TableSpec{Name: "metrics", Columns: join(
		one(needed("subject", Text)), columns(Text, "subject_kind", "company", "region", "category"),
		columns(Day32, "period"), columns(Text, "period_grain"), columns(Day32, "period_end"),
		one(needed("metric", Text)), one(needed("value", Float)), columns(Float, "value_low", "value_high"),
		columns(Text, "bound", "unit"), provenance)}

	// Prices has one row per model, date and kind; prices per 1,000,000 tokens.
	Prices = TableSpec{Name: "prices", Columns: join(
		one(needed("model", Text)), columns(Text, "company"), columns(Day32, "date"), columns(Text, "date_grain"), columns(Day32, "valid_to"),
		one(needed("kind", Text)), one(needed("price", Float)), columns(Float, "price_low", "price_high", "price_before"),
		one(needed("currency", Text)), columns(Bool, "free"), one(ColumnSpec{Name: "context", Type: Float, Unit: "tokens"}), provenance)}

	// Releases has one row per model version; a month's date is its first day.
	Releases = TableSpec{Name: "releases", Columns: join(
		one(needed("model", Text)), columns(Text, "version", "company", "region"), one(needed("date", Day32)), columns(Text, "date_grain"), provenance)}

	// Companies says who owns a company and which camp it belongs to.
	Companies = TableSpec{Name: "companies", Columns: join(
		one(needed("company", Text)), columns(Text, "owner", "camp"), provenance)}

	// Aliases merges spellings of one name.
	Aliases = TableSpec{Name: "aliases", Columns: join(
		one(needed("name", Text)), one(needed("canonical", Text)), provenance)}

	// Rates has one row per currency and date.
	Rates = TableSpec{Name: "rates", Columns: join(
		one(needed("currency", Text)), one(needed("date", Day32)), one(needed("cny_per_unit", Float)), provenance)}

	// Mergers are what-if mergers: two or more rows per name.
	Mergers = TableSpec{Name: "mergers", Columns: join(
		one(needed("name", Text)), one(needed("company", Text)), provenance)}

	// Settings override parameters.
	Settings = TableSpec{Name: "settings", Columns: join(
		one(needed("key", Text)), one(needed("value", Text)), provenance)}
)
