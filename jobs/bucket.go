package jobs

import "strings"

func isBucket(name string) bool { return strings.Contains(name, ":/") && !strings.HasPrefix(name, "/") }
