package jobs

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"shakeout/analysis"
	"shakeout/writers"
	"shakeout/writers/text"
)

// How far the workbooks of a folder are taken together.
const (
	MarketAll    = "all"    // one market for all of IN
	MarketFolder = "folder" // and one for each folder below that holds workbooks
	MarketOff    = "off"
)

// marketName is the workbook of a market, in the folder of OUT whose workbooks
// it takes together.
const marketName = "market.enriched.xlsx"

// MarketOutcome is what became of a market.
type MarketOutcome struct {
	Folder    string `json:"folder"` // below IN; "" is all of it
	Output    string `json:"output"`
	Workbooks int    `json:"workbooks"`
	Read      int    `json:"read"` // workbooks whose tables were read for it
	Findings  int    `json:"findings"`
	TookMS    int64  `json:"took_ms"`
	Unchanged bool   `json:"unchanged"`
}

// market is one market: the workbooks that it takes together, and what was last
// made of them.
type market struct {
	folder string // "" is all of IN
	output string // below OUT
	parts  []part // in name order
	last   marketState
}

// part is a workbook of a market.
type part struct {
	entry
	id string // of its folder in the memory
}

// marketState is what is kept of a market beside its tables.
type marketState struct {
	Key       string // all that the market depends on
	OutputSHA string
	Parts     map[string]string // name -> id
	Findings  int
	AsOf      string
	Figures   []writers.Figure
	Charts    []writers.BoardChart
	Tables    map[string]string // name -> SHA-256 of its file
	Rows      map[string][]int  // name -> rows of each part, in name order
}

// marketsOf finds the markets of a pass, "" first.
func (p *pass) marketsOf(now map[string]entry) []*market {
	if p.Market == MarketOff {
		return nil
	}
	of := map[string]*market{}
	taken := map[string]bool{}
	for _, name := range slices.Sorted(maps.Keys(now)) {
		e := now[name]
		if e.Gone != 0 || e.Root != p.root || e.Output == "" || e.SHA256 == "" {
			continue // a workbook that waits or failed counts as it was last enriched
		}
		taken[e.Output] = true
		if e.Status != Enriched {
			continue
		}
		folders := []string{""}
		if dir := path.Dir(name); p.Market == MarketFolder && dir != "." {
			folders = append(folders, dir)
		}
		for _, dir := range folders {
			if of[dir] == nil {
				of[dir] = &market{folder: dir}
			}
			of[dir].parts = append(of[dir].parts, part{e, idOf(name, e.key)})
		}
	}
	var all []*market
	for _, dir := range slices.Sorted(maps.Keys(of)) {
		m := of[dir]
		m.output = path.Join(dir, marketName)
		for n := 2; taken[m.output]; n++ { // an analyst's own market.xlsx
			m.output = path.Join(dir, fmt.Sprintf("market-%d.enriched.xlsx", n))
		}
		all = append(all, m)
	}
	return all
}

// key is all that a market depends on.
func (m *market) key(p *pass) string {
	h := sha256.New()
	for _, part := range append(m.ids(), p.params, p.Build, fmt.Sprint(p.Tables)) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func (m *market) ids() []string {
	ids := make([]string, len(m.parts))
	for i, part := range m.parts {
		ids[i] = part.id
	}
	return ids
}

// marketDir is where what is kept of a market lies.
func (p *pass) marketDir(m *market) string {
	sum := sha256.Sum256([]byte(m.folder))
	return filepath.Join(p.state, "market", hex.EncodeToString(sum[:8]))
}

// together makes the markets that are due, and gives what became of each.
func (p *pass) together(ctx context.Context, markets []*market) ([]MarketOutcome, error) {
	var all []MarketOutcome
	for _, m := range markets {
		o, err := p.marketOf(ctx, m)
		if err != nil {
			if ctx.Err() != nil {
				return all, nil // the next pass makes it
			}
			return all, fmt.Errorf("market %s: %w", cmp.Or(m.folder, "of all workbooks"), err)
		}
		all = append(all, o)
	}
	return all, nil
}

// marketOf makes one market, unless it is there already.
func (p *pass) marketOf(ctx context.Context, m *market) (MarketOutcome, error) {
	start := p.Now()
	o := MarketOutcome{Folder: m.folder, Output: p.below(m.output), Workbooks: len(m.parts)}
	took := func() MarketOutcome { o.TookMS = p.Now().Sub(start).Milliseconds(); return o }
	dir := p.marketDir(m)
	mem := tableMemory{p.Disk, p.marketDir(m)}
	if data, err := mem.read(filepath.Join(dir, aboutName)); err == nil {
		if json.Unmarshal(data, &m.last) != nil {
			m.last = marketState{}
		}
	}
	key := m.key(p)
	if o.Unchanged = m.last.Key == key && !p.Force && exists(p.Disk, p.below(m.output)); o.Unchanged {
		o.Findings = m.last.Findings
		return took(), nil
	}

	parts, langs, read, err := p.partsOf(ctx, m)
	if err != nil {
		return o, err
	}
	release := sync.OnceFunc(func() {
		for i := range parts {
			parts[i].Tables.Release()
			parts[i].Tables = nil
		}
	})
	defer release()
	o.Read = read
	tables, findings := analysis.Together(parts)
	defer tables.Release()
	asOf := analysis.NoDate
	listed := make([]writers.MarketPart, len(parts))
	for i, part := range parts {
		asOf = max(asOf, part.AsOf)
		rows := 0
		for _, t := range part.Tables {
			rows += t.Rows()
		}
		listed[i] = writers.MarketPart{File: part.Name, SHA256: part.SHA256, AsOf: part.AsOf, Rows: rows}
	}
	state := marketState{Key: key, Parts: map[string]string{}}
	if err := p.keepJoined(mem, &state, parts); err != nil {
		return o, err
	}
	release() // before the analyses need the room: the tables that follow are copies
	lang := analysis.Zh
	if langs[analysis.En] > langs[analysis.Zh] {
		lang = analysis.En
	}
	lang = cmp.Or(p.Lang, lang)
	asked := p.Params
	if asked.AsOf == 0 && asOf != analysis.NoDate {
		asked.AsOf = asOf
	}
	wb := &analysis.Workbook{Tables: tables}
	override(wb, p.Settings)
	params, results := p.steps.Analyse(wb, asked)
	defer func() {
		for _, r := range results {
			r.Release()
		}
	}()
	findings = append(findings, analysis.AlikeAcross(wb.Tables)...)
	o.Findings = len(findings)
	for _, r := range results {
		o.Findings += len(r.Findings)
	}
	joined := writers.Market{Name: path.Base(m.output), SHA256: key, Parts: listed, Tables: wb.Tables, Findings: findings, Lang: lang}
	made, err := publish(p.Disk, p.below(m.output), func(w io.Writer) error {
		return writers.WriteMarket(ctx, w, joined, results, params, writers.Options{Lang: lang, Version: p.Version})
	}, func(made made) error {
		_, err := p.makeWay(m.output, made.SHA256, m.last.OutputSHA)
		return err
	})
	if err != nil {
		return o, err
	}
	if p.Tables.any() {
		joined := &analysis.Workbook{Name: path.Base(m.output), Tables: wb.Tables, Findings: findings}
		if _, err := writeTables(p.Disk, p.below(path.Join("tables", strings.TrimSuffix(m.output, mark+".xlsx"))), joined, results, lang, p.Tables); err != nil {
			return o, err
		}
	}
	state.OutputSHA, state.Findings, state.Figures, state.Charts = made.SHA256, o.Findings, writers.Figures(results), writers.BoardCharts(results)
	if params.AsOf != 0 {
		state.AsOf = analysis.FormatDate(params.AsOf)
	}
	for _, part := range m.parts {
		state.Parts[part.Name] = part.id
	}
	if err := p.keepState(mem, state); err != nil {
		return o, err
	}
	m.last = state
	return took(), nil
}

// partsOf gives the tables of a market's workbooks: of those that the market
// had before, from its own joined tables; of others, from the memory; and where
// that fails, from the workbook. It also counts the languages of their headers,
// and how many were not in the market as they are.
func (p *pass) partsOf(ctx context.Context, m *market) (parts []analysis.Part, langs map[analysis.Lang]int, read int, err error) {
	langs = map[analysis.Lang]int{}
	before := p.joinedParts(ctx, m)
	mem := p.memory()
	defer func() {
		for _, ts := range before {
			ts.Release() // those that are no longer wanted
		}
		if err != nil {
			for _, part := range parts {
				part.Tables.Release()
			}
			parts = nil
		}
	}()
	for _, one := range m.parts {
		if err := ctx.Err(); err != nil {
			return parts, langs, read, err
		}
		about, ok := mem.about(one.id)
		tables, joined := before[one.Name]
		if joined = joined && ok && m.last.Parts[one.Name] == one.id; joined {
			delete(before, one.Name)
		} else {
			read++
			if ok {
				tables, err = mem.tables(ctx, one.id, about)
			}
			if !ok || err != nil {
				if about, tables, err = p.readAgain(ctx, one); err != nil {
					return parts, langs, read, err
				}
			}
		}
		langs[about.Lang]++
		parts = append(parts, analysis.Part{Name: one.Name, SHA256: one.SHA256, AsOf: about.AsOf, Tables: tables})
	}
	return parts, langs, read, nil
}

// readAgain reads a workbook whose tables the memory lacks.
func (p *pass) readAgain(ctx context.Context, one part) (kept, analysis.Tables, error) {
	t := Task{Name: one.Name, Path: filepath.Join(p.root, filepath.FromSlash(one.Name))}
	data, err := readFile(p.Disk, t.Path)
	if err != nil {
		return kept{}, nil, err
	}
	pkg, err := p.steps.open(ctx, data, one.Name)
	if err != nil {
		return kept{}, nil, err
	}
	wb, err := p.steps.Read(ctx, pkg, path.Base(one.Name))
	if err != nil {
		return kept{}, nil, err
	}
	if err := p.referenceFor(one.Name).serve(ctx, p.steps, wb); err != nil {
		return kept{}, nil, err
	}
	override(wb, p.Settings)
	params, results := p.steps.Analyse(wb, p.Params)
	defer func() {
		for _, r := range results {
			r.Release()
		}
	}()
	about := aboutOf(one.Name, one.SHA256, wb, params, results)
	return about, wb.Tables, p.memory().keep(one.id, about, wb.Tables)
}

// aboutOf is what is kept of a workbook beside its tables.
func aboutOf(name, sha string, wb *analysis.Workbook, params analysis.Params, results []analysis.Result) kept {
	findings := len(analysis.JoinFindings(wb.Findings, results))
	return kept{File: name, SHA256: sha, AsOf: params.AsOf, Lang: wb.Lang, Findings: findings, Figures: writers.Figures(results)}
}

// keepJoined keeps the tables of all parts in one file for each table, so that
// the next market reads those of changed workbooks only. They count once
// keepState has said what they are.
func (p *pass) keepJoined(mem tableMemory, state *marketState, parts []analysis.Part) error {
	if err := makeFolder(p.Disk, mem.dir); err != nil {
		return err
	}
	state.Tables, state.Rows = map[string]string{}, map[string][]int{}
	for _, spec := range analysis.InputTables {
		t := analysis.Concatenate(spec, parts)
		if t.Rows() == 0 {
			continue
		}
		var b bytes.Buffer
		err := keepTable(&b, t)
		t.Rec.Release()
		for _, part := range parts {
			state.Rows[spec.Name] = append(state.Rows[spec.Name], part.Tables[spec.Name].Rows())
		}
		if err == nil {
			sum := sha256.Sum256(b.Bytes())
			state.Tables[spec.Name] = hex.EncodeToString(sum[:])
			err = mem.write(filepath.Join(mem.dir, spec.Name+".parquet"), b.Bytes())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepState says what is kept of a market; what stood there before no longer
// holds.
func (p *pass) keepState(mem tableMemory, state marketState) error {
	said, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return mem.write(filepath.Join(mem.dir, aboutName), said)
}

// joinedParts reads a market's joined tables and takes them apart again, by
// workbook. What cannot be read is read from the memory instead.
func (p *pass) joinedParts(ctx context.Context, m *market) map[string]analysis.Tables {
	mem := tableMemory{p.Disk, filepath.Dir(p.marketDir(m))}
	tables, err := mem.tables(ctx, filepath.Base(p.marketDir(m)), kept{Tables: m.last.Tables})
	if err != nil {
		return nil
	}
	defer tables.Release()
	parts := map[string]analysis.Tables{}
	for i, name := range slices.Sorted(maps.Keys(m.last.Parts)) {
		parts[name] = analysis.Tables{}
		for table, t := range tables {
			rows := m.last.Rows[table]
			if i >= len(rows) || rows[i] == 0 {
				continue
			}
			from := 0
			for _, n := range rows[:i] {
				from += n
			}
			if from+rows[i] > t.Rows() {
				return nil // not what was kept
			}
			parts[name][table] = t.Slice(from, from+rows[i])
		}
	}
	return parts
}

func (p *pass) memory() tableMemory { return tableMemory{p.Disk, filepath.Join(p.state, "tables")} }

// boardName is the page of a folder.
const boardName = "index.html"

// boardState is what is kept of the page.
type boardState struct {
	Key     string           // all that it shows, but for the time
	Figures []writers.Figure // of the market
}

// board writes the page of the folder, if it would show anything else than it
// does.
func (p *pass) board(ctx context.Context, now map[string]entry, fresh map[string]bool, markets []*market, at time.Time) error {
	var last boardState
	state := filepath.Join(p.state, "board.json")
	mem := tableMemory{p.Disk, p.state}
	if data, err := mem.read(state); err == nil && json.Unmarshal(data, &last) != nil {
		last = boardState{}
	}
	h := sha256.New()
	fmt.Fprintln(h, p.Build, p.Talk, p.Market)
	names := slices.Sorted(maps.Keys(now))
	for _, name := range names {
		e := now[name]
		fmt.Fprintf(h, "%q %s %q %s %s %s %d\n", name, e.Status, e.Code, e.SHA256, e.Output, e.Reason, e.Gone)
	}
	for _, m := range markets {
		fmt.Fprintln(h, m.last.Key, m.output)
	}
	key := hex.EncodeToString(h.Sum(nil))
	if last.Key == key && exists(p.Disk, p.below(boardName)) {
		return nil
	}
	page := writers.Board{Lang: cmp.Or(p.Lang, p.Talk), Made: at.Format("2006-01-02 15:04"), Version: p.Version}
	kept := p.memory()
	for _, name := range names {
		e := now[name]
		w := writers.BoardWorkbook{File: name, Status: string(e.Status), Code: e.Code, Findings: e.Findings, Tables: e.Regions, Output: e.Output, Reason: e.Reason, Fresh: fresh[name]}
		if e.Gone != 0 {
			w.Status = string(Gone)
		}
		w.Note = noteOf(e)
		if about, ok := kept.about(idOf(name, e.key)); ok && e.Status == Enriched {
			w.Figures = about.Figures
			if about.AsOf != 0 {
				w.AsOf = analysis.FormatDate(about.AsOf)
			}
		}
		page.Workbooks = append(page.Workbooks, w)
	}
	var figures []writers.Figure
	if len(markets) > 0 && markets[0].folder == "" {
		m := markets[0]
		figures = m.last.Figures
		page.Market = &writers.BoardMarket{Output: m.output, AsOf: m.last.AsOf, Findings: m.last.Findings, Figures: figures, Charts: m.last.Charts}
		if last.Key != "" {
			page.Changes = writers.FigureChanges(last.Figures, figures)
		}
	}
	if _, err := publish(p.Disk, p.below(boardName), func(w io.Writer) error { return writers.WriteBoard(w, page) }, nil); err != nil {
		return err
	}
	said, err := json.Marshal(boardState{key, figures})
	if err != nil {
		return err
	}
	return mem.write(state, said)
}

// takeTogether makes the markets and the page of a folder after a pass that saw
// all of it. What can no longer be made of a market without workbooks stays as
// it was.
func (p *pass) takeTogether(ctx context.Context, now map[string]entry) ([]MarketOutcome, error) {
	markets := p.marketsOf(now)
	made, err := p.together(ctx, markets)
	if err != nil || ctx.Err() != nil {
		return made, err
	}
	here := map[string]entry{}
	fresh := map[string]bool{}
	for name, e := range now {
		if e.Root != p.root {
			continue
		}
		here[name] = e
		if before, known := p.before[name]; !known || e.tried || e.Status != before.Status || e.Gone != before.Gone {
			fresh[name] = true
		}
	}
	if p.Market == MarketOff {
		return made, nil
	}
	wanted := map[string]bool{}
	for name, e := range here {
		wanted[idOf(name, e.key)] = true
	}
	if len(fresh) > 0 {
		if err := p.memory().forget(wanted); err != nil {
			return made, err
		}
	}
	return made, p.board(ctx, here, fresh, markets, p.Now())
}

// noteOf says in both languages why a workbook is in its state.
func noteOf(e entry) writers.Both {
	var m analysis.Message
	switch {
	case e.Gone != 0 && e.Renamed != "":
		m = analysis.Say("gone.renamed", e.Renamed)
	case e.Gone != 0:
		m = analysis.Say("gone.deleted")
	case e.Status == Waiting:
		m = analysis.Say("waiting." + e.Code)
	case e.Status == Rejected:
		if m = analysis.Say("refusal." + e.Code); strings.Contains(text.Of(analysis.En, m), "%!") {
			m = analysis.Say("board.rejected") // the sentence has blanks; its file has it whole
		}
	case e.Status == Failed:
		m = analysis.Say("board.failed")
	case e.Status == Nothing:
		m = analysis.Say("command.no-table")
	}
	return writers.SayBoth(m)
}
