package readers

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"shakeout/readers/ooxml"
)

// IsDelimited reports a file name of delimited text: .csv and .tsv.
func IsDelimited(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".csv", ".tsv":
		return true
	}
	return false
}

// FromDelimited makes the workbook that delimited text stands for: one sheet,
// named like the file, with the fields as they are. A field is a number where all
// of it is a plain number, and its column holds no code with a leading zero; else
// it is text as typed. Reading then follows the rules of all workbooks.
//
// The text may be UTF-8 with or without its mark, UTF-16 of either order, or
// GB18030 (and so GBK and GB2312), separated by commas, tabs or semicolons. What
// is no text under that name, such as a workbook or a web page, is given back as
// it came, to be opened or refused for what it is.
//
// Numbers with decimal commas are written with a point where the file tells that
// they are such (delimited_commas.go); what was decided is given back, nil where
// nothing was.
//
// Refused, since values would be lost or stand in the wrong column: bytes of
// another encoding, quotes that never close, rows longer than their header.
func FromDelimited(data []byte, name string, limits ooxml.Limits) ([]byte, *ooxml.Delimited, error) {
	if int64(len(data)) > limits.PackageBytes {
		return nil, nil, &ooxml.Refusal{Code: "too-large"}
	}
	if bytes.HasPrefix(data, []byte("%PDF")) || bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		return nil, nil, &ooxml.Refusal{Code: "not-a-workbook"}
	}
	if notText(data) {
		return data, nil, nil
	}
	text, err := decode(data)
	if err != nil {
		return nil, nil, &ooxml.Refusal{Code: "text-encoding", Err: err}
	}
	if strings.HasPrefix(strings.TrimSpace(text[:min(len(text), 512)]), "<") {
		return data, nil, nil
	}
	rows, separator, refusal := fields(text, path.Ext(name))
	if refusal != nil {
		return nil, nil, refusal
	}
	cells := 0
	for i, row := range rows {
		cells += len(row)
		if cells > limits.Cells || len(rows) > maxRows || len(row) > maxColumns {
			return nil, nil, &ooxml.Refusal{Code: "too-many-cells"}
		}
		for _, f := range row {
			if len(f) > maxCellText && len(utf16.Encode([]rune(f))) > maxCellText {
				return nil, nil, &ooxml.Refusal{Code: "text-cell-too-long", Args: []any{i + 1}}
			}
		}
	}
	how := takeCommas(rows, separator)
	book, err := makeWorkbook(stem(name), rows)
	return book, how, err
}

// What a sheet of Excel holds at most.
const (
	maxRows     = 1 << 20
	maxColumns  = 1 << 14
	maxCellText = 32767 // UTF-16 units
)

// notText reports bytes that begin as a package or an old workbook does, and an
// empty file.
func notText(data []byte) bool {
	for _, magic := range []string{"PK\x03\x04", "PK\x05\x06", "\xd0\xcf\x11\xe0"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return len(data) == 0
}

// decode turns bytes into text. An encoding is never guessed past its own rules:
// bytes that fit none are an error.
func decode(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return decodeUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return decodeUTF16(data[2:], binary.BigEndian)
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		// No text holds a zero byte but UTF-16, where a comma or line end has one.
		if i%2 == 1 {
			return decodeUTF16(data, binary.LittleEndian)
		}
		return decodeUTF16(data, binary.BigEndian)
	}
	if utf8.Valid(data) {
		return string(data), nil
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || bytes.ContainsRune(text, utf8.RuneError) || !likelyGB(data) {
		return "", errors.New("neither UTF-8, UTF-16 nor GB18030")
	}
	return string(text), nil
}

func decodeUTF16(data []byte, order binary.ByteOrder) (string, error) {
	if len(data)%2 != 0 {
		return "", errors.New("UTF-16 of an odd number of bytes")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	for i, u := range units {
		high, low := u&0xfc00 == 0xd800, u&0xfc00 == 0xdc00
		paired := high && i+1 < len(units) && units[i+1]&0xfc00 == 0xdc00 || low && i > 0 && units[i-1]&0xfc00 == 0xd800
		if u == 0 || (high || low) && !paired {
			return "", fmt.Errorf("no UTF-16 at byte %d", 2*i)
		}
	}
	return string(utf16.Decode(units)), nil
}

// likelyGB reports bytes whose pairs are nearly all in the square of GB 2312,
// which holds what people write. Big5 and Shift JIS decode as GB18030 too, to
// characters that nobody uses.
func likelyGB(data []byte) bool {
	pairs, common := 0, 0
	for i := 0; i+1 < len(data); i++ {
		if data[i] < 0x80 {
			continue
		}
		pairs++
		if data[i] >= 0xa1 && data[i] <= 0xf7 && data[i+1] >= 0xa1 {
			common++
		}
		i++
	}
	return pairs > 0 && 10*common >= 9*pairs
}

// fields takes text apart. Of several separators the one that gives most rows the
// same width, of two or more fields, is taken; .tsv is tabs.
func fields(text, ext string) (rows [][]string, separator byte, refused *ooxml.Refusal) {
	separators := []byte{',', '\t', ';'}
	if strings.EqualFold(ext, ".tsv") {
		separators = []byte{'\t'}
	}
	// Excel writes and obeys a first line that names the separator.
	if line, rest, _ := strings.Cut(text, "\n"); len(strings.TrimRight(line, "\r")) == 5 && strings.HasPrefix(line, "sep=") {
		separators, text = []byte{line[4]}, rest
	}
	var best [][]string
	var refusal *ooxml.Refusal
	most := -1
	for _, sep := range separators {
		rows, r := split(text, sep)
		n := sameWidth(rows)
		if r != nil { // what it would give, were its quotes in order
			n = 0
			for line := range strings.Lines(text) {
				n += min(1, strings.Count(line, string(sep)))
			}
		}
		if n > most {
			best, separator, refusal, most = rows, sep, r, n
		}
	}
	if refusal != nil {
		return nil, 0, refusal
	}
	if line, width := ragged(best); line > 0 {
		return nil, 0, &ooxml.Refusal{Code: "text-row-too-long", Args: []any{line, width}}
	}
	return best, separator, nil
}

// sameWidth is the number of rows of the commonest width of two or more fields.
func sameWidth(rows [][]string) int {
	count := map[int]int{}
	most := 0
	for _, row := range rows {
		if len(row) > 1 {
			count[len(row)]++
			most = max(most, count[len(row)])
		}
	}
	return most
}

// split takes text apart at a separator and at line ends. A quote counts only
// where a field begins; inside, two are one. What follows a closing quote must be
// a separator or a line end.
func split(text string, sep byte) (rows [][]string, refusal *ooxml.Refusal) {
	var row []string
	line := 1
	for i := 0; ; {
		var field string
		if i < len(text) && text[i] == '"' {
			opened := line
			var b strings.Builder
			for i++; ; i++ {
				q := strings.IndexByte(text[i:], '"')
				if q < 0 {
					return nil, &ooxml.Refusal{Code: "text-quote", Args: []any{opened}}
				}
				b.WriteString(text[i : i+q])
				line += strings.Count(text[i:i+q], "\n")
				if i += q + 1; i >= len(text) || text[i] != '"' {
					break
				}
				b.WriteByte('"')
			}
			field = strings.ReplaceAll(b.String(), "\r\n", "\n")
			if i < len(text) && text[i] != sep && text[i] != '\n' && text[i] != '\r' {
				return nil, &ooxml.Refusal{Code: "text-quote", Args: []any{line}}
			}
		} else {
			end := i
			for end < len(text) && text[end] != sep && text[end] != '\n' && text[end] != '\r' {
				end++
			}
			field, i = text[i:end], end
		}
		row = append(row, field)
		if i < len(text) && text[i] == sep {
			i++
			continue
		}
		if len(row) == 1 && row[0] == "" {
			row = nil // an empty line
		}
		rows = append(rows, row)
		row = nil
		if i >= len(text) {
			break
		}
		if text[i] == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i++
		}
		i++
		line++
		if i >= len(text) {
			break
		}
	}
	return rows, nil
}

// headRows is how many rows of a table may still widen it: titles are set aside,
// and headers stand in three rows at most.
const headRows = 3

// ragged finds a row that is longer than the head of its table, where an
// unquoted 1,200 has moved all that follows one column on: its line and how many
// fields the table has. An empty line ends a table.
func ragged(rows [][]string) (line, width int) {
	seen := 0
	for i, row := range rows {
		filled := 0
		for k, f := range row {
			if strings.TrimSpace(f) != "" {
				filled = k + 1
			}
		}
		switch {
		case filled == 0:
			width, seen = 0, 0
		case filled == 1:
		case seen < headRows:
			width = max(width, len(row))
			seen++
		case filled > width:
			return i + 1, width
		}
	}
	return 0, 0
}
