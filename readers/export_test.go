package readers

// PlainFrom lets tests read tables of any length with and without plainRows.
var PlainFrom = &plainFrom
