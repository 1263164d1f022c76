package ooxml

// walk reads a whole part. start sees each start tag, with the local names of
// the open elements from the root on; text sees the character data of the last
// of them. Both are valid during the call only.
func (x *scanner) walk(start func(path []string) error, text func(path []string, b []byte)) error {
	var path []string
	for {
		kind, err := x.next()
		if err != nil {
			return err
		}
		switch kind {
		case tokenEOF:
			return nil
		case tokenEnd:
			path = path[:len(path)-1]
		case tokenText:
			if text != nil {
				text(path, x.text)
			}
		case tokenStart:
			path = append(path, string(local(x.name)))
			if err := start(path); err != nil {
				return err
			}
		}
	}
}

// at reports whether the open elements are these. "" stands for any root.
func at(path []string, names ...string) bool {
	if len(path) != len(names) {
		return false
	}
	for i, name := range names {
		if name != "" && path[i] != name {
			return false
		}
	}
	return true
}
