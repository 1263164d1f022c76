package jobs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"testing"

	"shakeout/analysis"
	"shakeout/writers/text"
)

// What the system says of a fault is English; a Chinese sentence says it in Chinese,
// with the path.
func TestSystemFaultsInChinese(t *testing.T) {
	_, missing := os.Open("nowhere/x.xlsx")
	for _, c := range []struct {
		err  error
		want string
	}{
		{missing, "nowhere/x.xlsx：文件或目录不存在"},
		{fmt.Errorf("publish: %w", &os.LinkError{Op: "rename", Old: "a", New: "out/b", Err: syscall.ENOSPC}), "out/b：磁盘空间不足"},
		{&fs.PathError{Op: "open", Path: "q", Err: syscall.EACCES}, "q：没有权限"},
		{syscall.EROFS, "文件系统为只读"},
		{errors.New("strange"), "strange"},
	} {
		if got := text.Of(analysis.Zh, analysis.Say("command.io", Fault(c.err))); !strings.HasPrefix(got, c.want+"。") {
			t.Errorf("%v: got %s, want %s", c.err, got, c.want)
		}
	}
}
