package readers

import (
	"strings"

	"shakeout/analysis"
	"shakeout/readers/ooxml"
)

// word is a text of a sheet with what it says by itself. A long sheet says few
// texts very often (a million rows, sixty thousand texts): each is worked out
// once, when it is first asked for, and not for every cell. Without it reading
// 100,000 rows took 2.5 s, nearly all of it in the patterns of periods and
// headers.
type word struct {
	raw  string
	text string // white space folded: as the analyst typed it
	done asked

	missing, note, total, market, isPeriod, isHead bool
	when                                           Period
	head                                           known
	seems                                          looksLike
}

// asked says what has been worked out.
type asked uint16

const (
	askedMissing asked = 1 << iota
	askedNote
	askedTotal
	askedMarket
	askedPeriod
	askedHead
	askedLike
)

// first reports whether a question is asked for the first time.
func (w *word) first(q asked) bool {
	if w.done&q != 0 {
		return false
	}
	w.done |= q
	return true
}

func (w *word) isMissing() bool {
	if w.first(askedMissing) {
		w.missing = isMissing(w.text)
	}
	return w.missing
}

func (w *word) isNote() bool {
	if w.first(askedNote) {
		w.note = isNote(w.text)
	}
	return w.note
}

func (w *word) isTotal() bool {
	if w.first(askedTotal) {
		w.total = isTotal(w.text)
	}
	return w.total
}

func (w *word) isMarket() bool {
	if w.first(askedMarket) {
		w.market = w.isTotal() || namesMarket(w.text)
	}
	return w.market
}

// looksLike is what a cell of a text is like, for telling what its column holds.
type looksLike struct {
	kind  likeKind
	value float64 // of a number
}

type likeKind uint8

const (
	likeNothing  likeKind = iota // no value, a note, a total
	likePresence                 // a mark
	likeDate
	likePrice
	likeText
	likePercent
	likeNumber
)

func (w *word) like() looksLike {
	if w.first(askedLike) {
		w.seems = looksOf(w)
	}
	return w.seems
}

func looksOf(w *word) looksLike {
	text := w.text
	switch {
	case text == "" || w.isMissing() || w.isNote() || w.isTotal():
		return looksLike{}
	case isPresence(text):
		return looksLike{kind: likePresence}
	}
	if _, ok := parsePeriod(text); ok {
		return looksLike{kind: likeDate}
	}
	if p, ok := parsePrice(text, Unit{}); ok && (p.PerTokens > 0 || p.Free) {
		return looksLike{kind: likePrice}
	}
	if looksLikeCode(text) || strings.Trim(text, "零一二三四五六七八九十日") == "" {
		return looksLike{kind: likeText}
	}
	switch a, ok := parseAmount(text); {
	case !ok:
		return looksLike{kind: likeText}
	case a.Percent:
		return looksLike{kind: likePercent}
	default:
		return looksLike{likeNumber, a.Value}
	}
}

func (w *word) period(s *sheet) (Period, bool) {
	if w.first(askedPeriod) {
		w.when, w.isPeriod = s.periods.ask(w.raw, textPeriod)
	}
	return w.when, w.isPeriod
}

// header is the header that the text is a spelling of.
func (w *word) header(s *sheet) (known, bool) {
	if w.first(askedHead) {
		w.head, w.isHead = s.exact(w.raw)
	}
	return w.head, w.isHead
}

// once remembers what a function says of texts, for those that are asked about
// again and again.
type once[T any] map[string]answer[T]

type answer[T any] struct {
	what T
	ok   bool
}

// ask is what f says of a text.
func (o *once[T]) ask(text string, f func(string) (T, bool)) (T, bool) {
	if s, known := (*o)[text]; known {
		return s.what, s.ok
	}
	what, ok := f(text)
	if *o == nil {
		*o = once[T]{}
	}
	(*o)[text] = answer[T]{what, ok}
	return what, ok
}

// word is the word that a cell holds, nil for what is no text.
func (s *sheet) word(row, col int) (ooxml.Cell, *word) {
	c, id := s.grid.Look(row, col)
	if c.Kind != ooxml.Text {
		return c, nil
	}
	return c, s.wordAt(id)
}

// wordAt is the word of a text by its number.
func (s *sheet) wordAt(id int) *word {
	if s.words == nil {
		s.words = make([]*word, s.grid.Texts())
	}
	w := s.words[id]
	if w == nil {
		raw := s.grid.Text(id)
		w = &word{raw: raw, text: normText(raw)}
		s.words[id] = w
	}
	return w
}

// ownWord is word, with the covered cells of a merge blank.
func (s *sheet) ownWord(row, col int) (ooxml.Cell, *word) {
	if m, ok := s.merge.at(row, col); ok && (m.Row1 != row || m.Col1 != col) {
		return ooxml.Cell{}, nil
	}
	return s.word(row, col)
}

// shownWord is word, seen through merges, and where it stands.
func (s *sheet) shownWord(row, col int) (ooxml.Cell, *word, analysis.Place) {
	if m, ok := s.merge.at(row, col); ok {
		row, col = m.Row1, m.Col1
	}
	c, w := s.word(row, col)
	return c, w, analysis.Place{Row: row, Col: col}
}

// kind is what kind of cell is at a place, the covered cells of a merge blank.
func (s *sheet) kind(row, col int) ooxml.Kind {
	if m, ok := s.merge.at(row, col); ok && (m.Row1 != row || m.Col1 != col) {
		return ooxml.Blank
	}
	return s.grid.Kind(row, col)
}

// textOf is the typed text of a cell whose word is at hand.
func (s *sheet) textOf(c ooxml.Cell, w *word) string {
	if w != nil {
		return w.text
	}
	return s.typed(c)
}
