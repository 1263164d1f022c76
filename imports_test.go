package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The picture of the program's packages, in rules: who may import what. Test
// files are free.
//
//	main -> jobs -> readers, writers, analysis
//	readers -> analysis <- writers
//	readers, writers -> readers/ooxml
var imports = map[string]struct{ ours, others []string }{
	".":             {[]string{"analysis", "jobs", "writers/text"}, []string{"github.com/mattn/go-runewidth", "github.com/robfig/cron", "github.com/rs/zerolog", "github.com/spf13/cobra", "github.com/spf13/pflag", "go.yaml.in/yaml", "golang.org/x/term"}},
	"jobs":          {[]string{"analysis", "readers", "readers/ooxml", "writers", "writers/text"}, []string{"github.com/apache/arrow", "github.com/fsnotify/fsnotify", "github.com/gofrs/flock", "github.com/jackc/pgx", "github.com/riverqueue/river", "gocloud.dev/blob", "gocloud.dev/gcerrors", "github.com/robfig/cron", "github.com/rs/zerolog", "golang.org/x/sync", "golang.org/x/sys", "golang.org/x/text/unicode/norm", "modernc.org/sqlite"}},
	"readers":       {[]string{"analysis", "readers/ooxml"}, []string{"github.com/apache/arrow", "golang.org/x/text"}},
	"readers/ooxml": {[]string{"analysis"}, []string{"github.com/klauspost/compress", "golang.org/x/text"}},
	"analysis":      {nil, []string{"github.com/apache/arrow", "gonum.org/v1/gonum", "golang.org/x/text/unicode/norm"}}, // norm: NFKC of names, a table of characters
	"writers":       {[]string{"analysis", "readers/ooxml", "writers/text"}, []string{"github.com/apache/arrow", "github.com/klauspost/compress", "github.com/xuri/excelize", "golang.org/x/text"}},
	"writers/text":  {[]string{"analysis"}, []string{"golang.org/x/text"}},
	"samples/bench": {nil, []string{"github.com/klauspost/compress", "github.com/xuri/excelize"}}, // a program of its own, which measures the other
	"samples":       {[]string{"analysis", "readers/ooxml"}, []string{"github.com/klauspost/compress", "github.com/rogpeppe/go-internal", "github.com/xuri/excelize", "golang.org/x/text"}},
}

// world are the parts of the standard library through which a package sees
// files, the network or the log. Only jobs and main do; clock is time.Now and
// its like.
var (
	world = []string{"log", "net", "os", "syscall", "path/filepath"}
	clock = []string{"Now", "Since", "Until", "Sleep", "After", "Tick", "NewTimer", "NewTicker", "Local"}
)

func TestImports(t *testing.T) {
	files, packages := 0, map[string]bool{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "out") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		pkg := path.Dir(filepath.ToSlash(name))
		packages[pkg] = true
		rule, ok := imports[pkg]
		if !ok {
			t.Errorf("%s: no rule says what package %s may import", name, pkg)
			return nil
		}
		seesWorld := pkg == "." || pkg == "jobs" || pkg == "samples/bench"
		for _, spec := range f.Imports {
			p, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			own, isOurs := strings.CutPrefix(p, "shakeout/")
			switch {
			case isOurs:
				ok = oneOf(own, rule.ours, false)
			case strings.Contains(strings.Split(p, "/")[0], "."):
				ok = oneOf(p, rule.others, true)
			default:
				ok = seesWorld || !oneOf(p, world, true)
			}
			if !ok {
				t.Errorf("%s: package %s may not import %s", name, pkg, p)
			}
		}
		if !seesWorld {
			ast.Inspect(f, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && oneOf(s.Sel.Name, clock, false) {
						t.Errorf("%s: package %s looks at the clock: time.%s", name, pkg, s.Sel.Name)
					}
				}
				return true
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files of %d packages", files, len(packages))
	for pkg := range imports {
		if !packages[pkg] {
			t.Errorf("the rule for %s looks at no file", pkg)
		}
	}
}

// oneOf reports whether a name is in a list, or below one of it.
func oneOf(name string, list []string, below bool) bool {
	for _, l := range list {
		if name == l || below && strings.HasPrefix(name, l+"/") {
			return true
		}
	}
	return false
}
