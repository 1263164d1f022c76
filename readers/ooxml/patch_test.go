package ooxml

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// zipOf makes an archive of name, content pairs.
func zipOf(t *testing.T, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		f, err := w.Create(pairs[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.SetComment("kept"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func verify(p Patch, original, result []byte) (Kept, error) {
	return p.Verify(original, bytes.NewReader(result), int64(len(result)))
}

// partOf reads a part of an archive.
func partOf(t *testing.T, data []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		if f.Name == name {
			b, err := inflate(f)
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
	}
	t.Fatalf("no part %s", name)
	return ""
}

// An element is found by namespace and place, and text put at its end stands
// there in the part's own encoding, with every other byte as it was.
func TestAppendToElement(t *testing.T) {
	encode := func(s string, e interface{ String(string) (string, error) }) string {
		out, err := e.String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()
	big := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder()
	gbk := simplifiedchinese.GBK.NewEncoder()
	tests := []struct {
		name, part, want string
		kept             bool // an insertion only: taking the text out again gives the part
	}{
		{"plain", `<w xmlns="n"><a/><s><e i="1"/></s></w>`, `<w xmlns="n"><a/><s><e i="1"/><新/></s></w>`, true},
		{"prefix", `<x:w xmlns:x="n"><x:s ></x:s ></x:w>`, `<x:w xmlns:x="n"><x:s ><新/></x:s ></x:w>`, true},
		{"decoys", `<w xmlns="n"><!-- </s> --><b><s/></b><o:s xmlns:o="other"/><s><![CDATA[</s>]]></s></w>`, `<w xmlns="n"><!-- </s> --><b><s/></b><o:s xmlns:o="other"/><s><![CDATA[</s>]]><新/></s></w>`, true},
		{"self-closing", `<x:w xmlns:x="n"><x:s a="b" /></x:w>`, `<x:w xmlns:x="n"><x:s a="b" ><新/></x:s></x:w>`, false},
		{"byte order mark", "\ufeff" + `<w xmlns="n"><s>é</s></w>`, "\ufeff" + `<w xmlns="n"><s>é<新/></s></w>`, true},
		{"UTF-16", encode(`<w xmlns="n">𝄞<s>表</s></w>`, little), encode(`<w xmlns="n">𝄞<s>表<新/></s></w>`, little), true},
		{"UTF-16 without mark", encode(`<w xmlns="n"><s/></w>`, big), encode(`<w xmlns="n"><s><新/></s></w>`, big), false},
		{"GBK", encode(`<?xml version="1.0" encoding="GBK"?><w xmlns="n">表<s/></w>`, gbk), encode(`<?xml version="1.0" encoding="GBK"?><w xmlns="n">表<s><新/></s></w>`, gbk), false},
		{"Latin-1 lacks the character", "<?xml version='1.0' encoding='ISO-8859-1'?><w xmlns='n'>\xe9<s></s></w>", "<?xml version='1.0' encoding='ISO-8859-1'?><w xmlns='n'>\xe9<s>&#26032;</s></w>", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			original := zipOf(t, "first.bin", "1", "W.xml", test.part, "last/", "")
			root, _, err := OutlineOf([]byte(test.part))
			if err != nil {
				t.Fatal(err)
			}
			put := "<新/>"
			if strings.Contains(test.name, "Latin") {
				put = "新"
			}
			patch := Patch{Edits: map[string][]Edit{"w.XML": root.Child("s").Append(put)}, Add: []NewPart{{Name: "new.xml", Data: []byte("<n/>")}}}
			var copied bytes.Buffer
			if err := patch.Apply(&copied, original); err != nil {
				t.Fatal(err)
			}
			if got := partOf(t, copied.Bytes(), "W.xml"); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
			kept, err := patch.Verify(original, bytes.NewReader(copied.Bytes()), int64(copied.Len()))
			if err != nil {
				t.Fatal(err)
			}
			if kept != (Kept{Same: 2, Edited: 1, Added: 1}) {
				t.Errorf("compared %+v", kept)
			}
			z, _ := zip.NewReader(bytes.NewReader(copied.Bytes()), int64(copied.Len()))
			if z.Comment != "kept" {
				t.Errorf("the archive's comment is %q", z.Comment)
			}
		})
	}
}

// The comparison of a copy with its original sees each kind of difference.
func TestVerifySeesDifferences(t *testing.T) {
	const book, sheet = `<w xmlns="n"><s><e/></s></w>`, `<sheet>analyst</sheet>`
	original := zipOf(t, "book.xml", book, "sheet.xml", sheet, "ours.xml", "<o/>")
	root, _, err := OutlineOf([]byte(book))
	if err != nil {
		t.Fatal(err)
	}
	patch := Patch{
		Edits:  map[string][]Edit{"book.xml": root.Child("s").Append("<new/>")},
		Remove: map[string]bool{"ours.xml": true},
		Add:    []NewPart{{Name: "new.xml", Data: []byte("<n/>")}},
	}
	const edited = `<w xmlns="n"><s><e/><new/></s></w>`
	tests := []struct {
		name  string
		parts []string
	}{
		{"an untouched part changed", []string{"book.xml", edited, "sheet.xml", `<sheet>Analyst</sheet>`, "new.xml", "<n/>"}},
		{"an untouched part renamed", []string{"book.xml", edited, "Sheet.xml", sheet, "new.xml", "<n/>"}},
		{"an untouched part lost", []string{"book.xml", edited, "new.xml", "<n/>"}},
		{"parts in another order", []string{"sheet.xml", sheet, "book.xml", edited, "new.xml", "<n/>"}},
		{"a byte of an edited part lost", []string{"book.xml", `<w xmlns="n"><s><f/><new/></s></w>`, "sheet.xml", sheet, "new.xml", "<n/>"}},
		{"an edited part without the edit", []string{"book.xml", book, "sheet.xml", sheet, "new.xml", "<n/>"}},
		{"an edited part with more than the edit", []string{"book.xml", edited + "<!-- -->", "sheet.xml", sheet, "new.xml", "<n/>"}},
		{"a removed part still there", []string{"book.xml", edited, "sheet.xml", sheet, "ours.xml", "<o/>", "new.xml", "<n/>"}},
		{"a new part missing", []string{"book.xml", edited, "sheet.xml", sheet}},
		{"a new part changed", []string{"book.xml", edited, "sheet.xml", sheet, "new.xml", "<m/>"}},
		{"one part too many", []string{"book.xml", edited, "sheet.xml", sheet, "new.xml", "<n/>", "more.xml", "<n/>"}},
	}
	for _, test := range tests {
		if _, err := verify(patch, original, zipOf(t, test.parts...)); err == nil {
			t.Errorf("%s: not seen", test.name)
		}
	}
	whole := zipOf(t, "book.xml", edited, "sheet.xml", sheet, "new.xml", "<n/>")
	if kept, err := verify(patch, original, whole); err != nil || kept != (Kept{Same: 1, Edited: 1, Removed: 1, Added: 1}) {
		t.Errorf("the faithful copy: %+v, %v", kept, err)
	}
	// The same content, packed anew, is not the same bytes.
	var repacked bytes.Buffer
	if err := patch.Apply(&repacked, original); err != nil {
		t.Fatal(err)
	}
	stored := repacked.Bytes()
	i := bytes.Index(stored, []byte("sheet.xml")) + len("sheet.xml")
	stored[i+3] ^= 0xff
	if _, err := verify(patch, original, stored); err == nil {
		t.Error("a compressed byte changed in place: not seen")
	}
}

func TestApplyRefusesWhatMeetsNothing(t *testing.T) {
	original := zipOf(t, "a.xml", "<a/>")
	for name, patch := range map[string]Patch{
		"an edit of no part":      {Edits: map[string][]Edit{"b.xml": {{Put: "x"}}}},
		"a removal of no part":    {Remove: map[string]bool{"b.xml": true}},
		"a new part's name taken": {Add: []NewPart{{Name: "A.XML"}}},
		"an edit beyond the end":  {Edits: map[string][]Edit{"a.xml": {{At: 9}}}},
		"edits that overlap":      {Edits: map[string][]Edit{"a.xml": {{At: 0, Cut: 3}, {At: 1}}}},
		"the same new part twice": {Add: []NewPart{{Name: "b.xml"}, {Name: "B.xml"}}},
	} {
		if err := patch.Apply(io.Discard, original); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestSetAttr(t *testing.T) {
	text := []byte("<d xmlns:p=\"q\"\n\tnamed = 'x=\"1\"' id=\"7\" localSheetId='12'/>")
	root, _, err := OutlineOf(text)
	if err != nil {
		t.Fatal(err)
	}
	edit, ok := root.SetAttr(text, "localSheetId", "3")
	if !ok {
		t.Fatal("the attribute was not found")
	}
	got, err := Splice(text, []Edit{edit})
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(string(text), "'12'", "'3'", 1); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := root.SetAttr(text, "Id", ""); ok {
		t.Error("an attribute of another case was found")
	}
}

// A part that is written as it is made is compared by size and checksum.
func TestVerifyStreamedPart(t *testing.T) {
	original := zipOf(t, "a.xml", "<a/>")
	said := "<streamed/>"
	patch := Patch{Add: []NewPart{{Name: "new.xml", Write: func(w io.Writer) error { _, err := io.WriteString(w, said); return err }}}}
	var copied, other bytes.Buffer
	if err := patch.Apply(&other, original); err != nil {
		t.Fatal(err)
	}
	said = "<Streamed/>" // as long
	if err := patch.Apply(&copied, original); err != nil {
		t.Fatal(err)
	}
	if kept, err := verify(patch, original, copied.Bytes()); err != nil || kept != (Kept{Same: 1, Added: 1}) {
		t.Errorf("%+v, %v", kept, err)
	}
	if _, err := verify(patch, original, other.Bytes()); err == nil {
		t.Error("a part with other bytes is taken")
	}
}

// What a packer packed before does not show: the same part gives the same bytes
// from a new one and from one that has been used.
func TestPackersDoNotRemember(t *testing.T) {
	content := []byte(strings.Repeat("<c><v>1234</v></c>", 20_000))
	pack := func(parts ...[]byte) []byte {
		p := newPacker()
		var out bytes.Buffer
		for _, part := range parts {
			out.Reset()
			z := zip.NewWriter(&out)
			if err := p.add(z, zip.FileHeader{Name: "x"}, write(part)); err != nil {
				t.Fatal(err)
			}
			if err := z.Close(); err != nil {
				t.Fatal(err)
			}
		}
		return out.Bytes()
	}
	if !bytes.Equal(pack(content), pack(content[7:], []byte("other"), nil, content)) {
		t.Error("a packer that was used packs otherwise")
	}
}
