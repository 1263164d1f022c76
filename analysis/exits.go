package analysis

import (
	"slices"
	"strings"
)

// The ways in which a model leaves. A merger and a new name are no deaths: where
// aliases lead to the successor nobody has left, else each is a cause of its own.
const (
	withdrawn = "withdrawn"
	merged    = "merged"
	renamed   = "renamed"
)

// exitCauses are the causes in the order of the competing risks.
var exitCauses = []string{withdrawn, merged, renamed}

// exit is how and when an entity left; the cause is "" while it is there.
type exit struct {
	cause string
	day   Date // NoDate: it left, nobody says when
}

// exitWords are what a status says of one who left.
var exitWords = []struct{ cause, word string }{
	{renamed, "更名"}, {renamed, "改名"}, {renamed, "renamed"}, {renamed, "rebranded"},
	{merged, "合并"}, {merged, "并入"}, {merged, "收购"}, {merged, "merged"}, {merged, "acquired"},
	{withdrawn, "下线"}, {withdrawn, "下架"}, {withdrawn, "注销"}, {withdrawn, "撤销"}, {withdrawn, "撤回"}, {withdrawn, "停服"}, {withdrawn, "停运"},
	{withdrawn, "停止"}, {withdrawn, "关停"}, {withdrawn, "退出"}, {withdrawn, "已停"},
	{withdrawn, "withdrawn"}, {withdrawn, "retired"}, {withdrawn, "deregistered"}, {withdrawn, "revoked"}, {withdrawn, "discontinued"},
	{withdrawn, "shutdown"}, {withdrawn, "deprecated"},
}

// notYet are the words with which a status says that it has not happened.
var notYet = []string{"未", "没有", "拟", "计划", "将", "not", "planned", "willbe", "never"}

// exitCause reads a status: why it says that the model left, "" where it does
// not say so. A status that denies or announces is no exit.
func exitCause(status string) string {
	s := Fold(status)
	if slices.ContainsFunc(notYet, func(w string) bool { return strings.Contains(s, w) }) {
		return ""
	}
	for _, w := range exitWords {
		if strings.Contains(s, w.word) {
			return w.cause
		}
	}
	return ""
}

// exitRows gathers what the rows of one entity say of its exit.
type exitRows struct {
	exit
	names     []int32 // typed names that leave
	remaining []int32 // typed names of rows that do not
}

// see adds a row: of several exits the earliest counts (methods 0.7), dated
// before undated, of one day the cause that comes first.
func (x *exitRows) see(name int32, cause string, day Date) {
	if cause == "" {
		if !slices.Contains(x.remaining, name) {
			x.remaining = append(x.remaining, name)
		}
		return
	}
	if !slices.Contains(x.names, name) {
		x.names = append(x.names, name)
	}
	earlier := x.cause == "" || x.day == NoDate && day != NoDate || day != NoDate && day < x.day
	if earlier || day == x.day && slices.Index(exitCauses, cause) < slices.Index(exitCauses, x.cause) {
		x.exit = exit{cause, day}
	}
}

// result is the exit of the entity. One who was merged or renamed into another spelling of
// the same entity, which aliases name and which is still there, has not left.
func (x *exitRows) result() exit {
	if x.cause == merged || x.cause == renamed {
		for _, name := range x.remaining {
			if !slices.Contains(x.names, name) {
				return exit{day: NoDate}
			}
		}
	}
	if x.cause == "" {
		return exit{day: NoDate}
	}
	return x.exit
}
