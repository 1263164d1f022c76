// Package analysis turns tables of facts into result tables, chart
// specifications, headlines and findings.
//
// It owns the vocabulary of the program. Table is the one value handed from
// step to step: an Arrow record with a name and, for input tables, the way
// back to the analyst's own cells. Finding is something true about the data
// that a reader must be told. Message is a sentence to be said in Chinese or
// English. Analyzer is an analysis as a value, Result what it gives, Chart a
// picture of a result table in terms of its columns.
//
// An analysis is one file and one line in All. Run calls each of them with
// the same tables and parameters:
//
//	results := analysis.Run(analysis.All, workbook.Tables, params)
//
// Everything here is a pure function of its arguments: no files, no clock, no
// logger, no randomness without a seed, no dependence on map or row order.
package analysis
