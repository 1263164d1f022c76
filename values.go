package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
	"github.com/spf13/pflag"

	"shakeout/analysis"
)

// value is what an option holds: text that is checked when it is set, whether on
// the command line, in the environment or in the configuration file.
type value struct {
	text, kind string
	possible   []string // of a choice
	many       bool     // several of them, with commas
}

// The kinds of values.
const (
	kindText     = "text"
	kindChoice   = "choice"
	kindNumber   = "number" // a whole number from 1
	kindDuration = "duration"
	kindDate     = "date"
	kindCron     = "cron"
)

func (v *value) String() string { return v.text }
func (v *value) Type() string   { return v.kind }

func (v *value) Set(s string) error {
	if !v.fits(s) {
		return strconv.ErrSyntax
	}
	v.text = s
	return nil
}

func (v *value) fits(s string) bool {
	switch v.kind {
	case kindChoice:
		if !v.many {
			return slices.Contains(v.possible, s)
		}
		for _, one := range strings.Split(s, ",") {
			if !slices.Contains(v.possible, strings.TrimSpace(one)) {
				return false
			}
		}
	case kindNumber:
		n, err := strconv.Atoi(s)
		return err == nil && n > 0
	case kindDuration:
		d, err := time.ParseDuration(s)
		return err == nil && d >= 0
	case kindDate:
		_, ok := analysis.ParseDate(s)
		return ok
	case kindCron:
		_, err := cron.ParseStandard(s)
		return err == nil
	}
	return true
}

func (v *value) number() int                 { n, _ := strconv.Atoi(v.text); return n }
func (v *value) duration() time.Duration     { d, _ := time.ParseDuration(v.text); return d }
func (v *value) date() analysis.Date         { d, _ := analysis.ParseDate(v.text); return d }
func (v *value) lang() analysis.Lang         { return analysis.Lang(v.text) }
func (v *value) includes(choice string) bool { return slices.Contains(v.list(), choice) }

func (v *value) list() []string {
	var all []string
	for _, one := range strings.Split(v.text, ",") {
		all = append(all, strings.TrimSpace(one))
	}
	return all
}

// misfit says what is wrong with a text for an option; where names the option as
// the user wrote it: a flag, a variable of the environment, a line of a file.
func misfit(v pflag.Value, text, where string) analysis.Message {
	of, ok := v.(*value)
	if !ok {
		return analysis.Say("usage.bad-value", text, where, "true, false") // the others are switches
	}
	switch of.kind {
	case kindChoice:
		return analysis.Say("usage.bad-value", text, where, strings.Join(of.possible, ", "))
	case kindNumber:
		return analysis.Say("usage.bad-number", text, where)
	case kindDuration:
		return analysis.Say("usage.bad-duration", text, where)
	case kindDate:
		return analysis.Say("usage.bad-date", text, where)
	case kindCron:
		return analysis.Say("usage.bad-cron", text, where)
	}
	return analysis.Say("usage.bad-value", text, where, of.kind)
}
