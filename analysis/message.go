package analysis

// Lang is a language people are spoken to in.
type Lang string

// The languages of the program.
const (
	Zh Lang = "zh"
	En Lang = "en"
)

// Message is a sentence or label to be said in the reader's language: a key of
// the message catalog (package writers/text) and what fills its blanks.
// Args are strings ready to print, or Messages.
type Message struct {
	Key  string
	Args []any
}

// Say makes a Message.
func Say(key string, args ...any) Message { return Message{Key: key, Args: args} }
