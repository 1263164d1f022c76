package samples

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"
)

// BadFile is a file that is no workbook which can be read.
type BadFile struct {
	Name string
	What string // what it really is, in a few words
	Data []byte
}

// Password opens the password-protected file of Bad.
const Password = "备案2024"

// Bad makes files that must be refused, each for a reason of its own, in name
// order. They are made here and not kept in inbox, where everything can be
// enriched. All but the protected one, which is salted, are the same every time.
func Bad() ([]BadFile, error) {
	good, err := goodWorkbook(excelize.Options{})
	if err != nil {
		return nil, err
	}
	locked, err := goodWorkbook(excelize.Options{Password: Password})
	if err != nil {
		return nil, err
	}
	return []BadFile{
		{"damaged.xlsx", "a package with a damaged byte in its sheet", damaged(good)},
		{"empty.xlsx", "no bytes at all", nil},
		{"garbage.xlsx", "random bytes", garbage(4000)},
		{"old.xls", "an Excel 97-2003 workbook", oldExcel()},
		{"old_renamed.xlsx", "an Excel 97-2003 workbook, renamed", oldExcel()},
		{"page.xls", "a web page that a download named .xls", []byte(page)},
		{"page.xlsx", "a web page that a download named .xlsx", []byte(page)},
		{"protected.xlsx", "a workbook encrypted with a password", locked},
		{"truncated.xlsx", "the first half of a package", good[:len(good)/2]},
	}, nil
}

const page = `<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="utf-8"></head>
<body><table><tr><th>模型</th><th>公司</th></tr><tr><td>文心一言</td><td>百度</td></tr></table></body></html>
`

// goodWorkbook is a small list of models, protected if the options say so.
func goodWorkbook(options excelize.Options) ([]byte, error) {
	f := excelize.NewFile()
	defer f.Close()
	rows := [][]any{{"模型", "公司", "备案时间"}, {"文心一言", "百度", "2023-08-31"}, {"混元", "腾讯", "2023-09-14"}}
	for i, row := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return nil, err
		}
		if err := f.SetSheetRow("Sheet1", at, &row); err != nil {
			return nil, err
		}
	}
	var buf bytes.Buffer
	err := f.Write(&buf, options)
	return buf.Bytes(), err
}

func garbage(n int) []byte {
	r := rand.New(rand.NewPCG(2023, 2024))
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(r.Uint32())
	}
	return data
}

// damaged turns one bit in the compressed bytes of the first worksheet: its
// checksum no longer agrees.
func damaged(good []byte) []byte {
	data := bytes.Clone(good)
	name := []byte("xl/worksheets/sheet1.xml")
	at := bytes.Index(data, name) + len(name)
	data[at+40] ^= 1
	return data
}

// oldExcel is a compound file with a Workbook stream that begins as BIFF8 does:
// as little of the format (MS-CFB) as tells a program what it has before it.
//
//	sector 0   allocation table
//	sector 1   directory: Root Entry, Workbook
//	sector 2.. the stream, 4096 bytes, the least that needs no mini stream
func oldExcel() []byte {
	const (
		sector     = 512
		streamSize = 4096
		endOfChain = 0xFFFFFFFE
		free       = 0xFFFFFFFF
		fatSector  = 0xFFFFFFFD
	)
	le := binary.LittleEndian
	file := make([]byte, 3*sector+streamSize)

	header := file[:sector]
	copy(header, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	le.PutUint16(header[24:], 0x3E)       // minor version
	le.PutUint16(header[26:], 3)          // major version
	le.PutUint16(header[28:], 0xFFFE)     // little-endian
	le.PutUint16(header[30:], 9)          // sectors of 1<<9 bytes
	le.PutUint16(header[32:], 6)          // mini sectors of 1<<6 bytes
	le.PutUint32(header[44:], 1)          // allocation sectors
	le.PutUint32(header[48:], 1)          // first directory sector
	le.PutUint32(header[56:], streamSize) // shorter streams are mini streams
	le.PutUint32(header[60:], endOfChain) // no mini allocation table
	le.PutUint32(header[68:], endOfChain) // no further allocation list
	for i := range 109 {
		le.PutUint32(header[76+4*i:], free)
	}
	le.PutUint32(header[76:], 0)

	table := file[sector : 2*sector]
	for i := range sector / 4 {
		le.PutUint32(table[4*i:], free)
	}
	le.PutUint32(table[0:], fatSector)
	le.PutUint32(table[4:], endOfChain)
	const first, last = 2, 2 + streamSize/sector - 1
	for i := first; i < last; i++ {
		le.PutUint32(table[4*i:], uint32(i+1))
	}
	le.PutUint32(table[4*last:], endOfChain)

	directory := file[2*sector : 3*sector]
	entry := func(i int, name string, kind byte, child, start, size uint32) {
		e := directory[128*i : 128*i+128]
		for j, u := range utf16.Encode([]rune(name)) {
			le.PutUint16(e[2*j:], u)
		}
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1 // black
		le.PutUint32(e[68:], free)
		le.PutUint32(e[72:], free)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint32(e[120:], size)
	}
	entry(0, "Root Entry", 5, 1, endOfChain, 0)
	entry(1, "Workbook", 2, free, first, streamSize)
	for i := 2; i < 4; i++ {
		for j := 68; j < 80; j += 4 {
			le.PutUint32(directory[128*i+j:], free)
		}
	}

	// BOF of the workbook globals, BIFF8, then EOF.
	stream := file[3*sector:]
	copy(stream, "\x09\x08\x10\x00\x00\x06\x05\x00\xBB\x0D\xCC\x07\x00\x00\x00\x00\x06\x00\x00\x00")
	copy(stream[20:], "\x0A\x00\x00\x00")
	return file
}
