package samples

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/richardlehane/mscfb"
	"github.com/xuri/excelize/v2"
)

// Each bad file is what it says it is: nothing opens it as a workbook, but the
// password opens the protected one, and a reader of compound files finds the
// stream of the old one.
func TestBad(t *testing.T) {
	files, err := Bad()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]BadFile{}
	var order []string
	for _, f := range files {
		names[f.Name] = f
		order = append(order, f.Name)
		if w, err := excelize.OpenReader(bytes.NewReader(f.Data)); err == nil && f.Name != "damaged.xlsx" {
			w.Close()
			t.Errorf("%s opens as a workbook", f.Name)
		}
	}
	if !slices.IsSorted(order) || len(names) != len(files) {
		t.Errorf("names are not in order or not unique: %q", order)
	}

	w, err := excelize.OpenReader(bytes.NewReader(names["protected.xlsx"].Data), excelize.Options{Password: Password})
	if err != nil {
		t.Fatalf("the password does not open the protected workbook: %v", err)
	}
	defer w.Close()
	if got, err := w.GetCellValue("Sheet1", "A2"); got != "文心一言" || err != nil {
		t.Errorf("protected workbook holds %q, %v", got, err)
	}

	streams := func(name string) (found []string) {
		t.Helper()
		doc, err := mscfb.New(bytes.NewReader(names[name].Data))
		if err != nil {
			t.Fatalf("%s is no compound file: %v", name, err)
		}
		for _, f := range doc.File {
			found = append(found, f.Name)
		}
		return found
	}
	if got := streams("old.xls"); !slices.Contains(got, "Workbook") {
		t.Errorf("old.xls has the streams %q", got)
	}
	if got := streams("protected.xlsx"); !slices.Contains(got, "EncryptedPackage") {
		t.Errorf("protected.xlsx has the streams %q", got)
	}
}

// The damaged package differs from a good one in one bit of the sheet: a reader
// that does not check sums may take it for whole.
func TestDamagedFailsItsChecksum(t *testing.T) {
	files, err := Bad()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(files, func(f BadFile) bool { return f.Name == "damaged.xlsx" })
	if err := inflateAll(files[i].Data); err == nil {
		t.Error("every part of the damaged package still agrees with its checksum")
	}
	good, err := goodWorkbook(excelize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := inflateAll(good); err != nil {
		t.Errorf("the good package: %v", err)
	}
}

// inflateAll reads each part to its end, where archive/zip compares the checksum.
func inflateAll(data []byte) error {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, f := range r.File {
		part, err := f.Open()
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, part); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}
