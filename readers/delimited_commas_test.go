package readers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// Numbers with decimal commas are read as such where the file tells, and said; what
// may be thousands as well is left empty with a finding, never read as either.
func TestDecimalCommas(t *testing.T) {
	for _, c := range []struct{ name, text, values, findings string }{
		{"decimal commas", "Model;Date;MAU (mn);Share\nA;2024-05-01;12,5;0,35\nB;2024-05-01;1.234,75;0,125\nC;2024-05-01;1,234;0,2\n",
			"mau 12500000, share 0.35, mau 1234750000, share 0.125, mau 1234000, share 0.2", "decimal-commas C2"},
		{"percent", "Model;Date;Share\nA;2024-05-01;46,4%\nB;2024-05-01;12%\n", "share 0.464, share 0.12", "decimal-commas C2"},
		{"thousands", "Model;Date;MAU;Share\nA;2024-05-01;1,234,567;0.35\nB;2024-05-01;1,234;0.2\n",
			"mau 1234567, share 0.35, mau 1234, share 0.2", ""},
		{"either", "Model;Date;MAU\nA;2024-05-01;1,234\nB;2024-05-01;800\n", "mau 800", "comma-unclear C2"},
		{"another column tells", "Model;Date;MAU (mn);Share\nA;2024-05-01;1,234;0,35\nB;2024-05-01;2,125;0,2\n",
			"mau 1234000, share 0.35, mau 2125000, share 0.2", "decimal-commas C2"},
		{"points beside decimal commas", "Model;Date;MAU;Share\nA;2024-05-01;1.234;0,35\n", "share 0.35", "comma-unclear C2; decimal-commas D2"},
		{"both in one column", "Model;Date;MAU (mn)\nA;2024-05-01;12,5\nB;2024-05-01;12.5\nC;2024-05-01;1,234\n",
			"mau 12500000", "number-not-understood C2; comma-unclear C4"},
		{"commas between fields", "Model,Date,MAU\nA,2024-05-01,\"1,234\"\n", "mau 1234", ""},
		{"quoted decimal commas between commas", "Model,Date,MAU (mn)\nA,2024-05-01,\"12,5\"\n", "mau 12500000", "decimal-commas C2"},
		{"a number in a text", "Model;Date;MAU;Share\nA;2024-05-01;1,234百万;0,35\n", "share 0.35", "comma-unclear C2; decimal-commas D2"},
		{"months with points", "Model;Period;Share\nA;2024.05;0,35\nB;2024.10;0,4\n", "share 0.35, share 0.4", "decimal-commas C2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			wb := readDelimited(t, []byte(c.text), "x.csv")
			defer wb.Tables.Release()
			var values, findings []string
			m := wb.Tables["metrics"]
			for row := range m.Rows() {
				values = append(values, fmt.Sprintf("%s %.0f", m.Text("metric").Or(row, ""), m.Float("value").Or(row, -1)))
				if m.Text("unit").Or(row, "") == "fraction" {
					values[row] = fmt.Sprintf("share %g", m.Float("value").Or(row, -1))
				}
			}
			for _, f := range wb.Findings {
				if slices.Contains([]string{"decimal-commas", "comma-unclear", "number-not-understood"}, f.Code) {
					findings = append(findings, f.Code+" "+f.At.Cell())
				}
			}
			if got := strings.Join(values, ", "); got != c.values {
				t.Errorf("values %s, want %s", got, c.values)
			}
			if got := strings.Join(findings, "; "); got != c.findings {
				t.Errorf("findings %q, want %q", got, c.findings)
			}
		})
	}
}
