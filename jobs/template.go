package jobs

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"

	"shakeout/analysis"
	"shakeout/writers"
)

// Template writes a workbook to fill in. A file that exists is left alone, and
// the error is fs.ErrExist, unless it is to be replaced.
func Template(name string, lang analysis.Lang, replace bool) error {
	var made bytes.Buffer
	if err := writers.Template(&made, lang); err != nil {
		return err
	}
	return create(name, made.Bytes(), replace)
}

// create writes a file that must not exist yet, or puts it whole in the place of
// one that does.
func create(name string, data []byte, replace bool) error {
	if !replace {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		if err != nil {
			return err
		}
		if _, err = f.Write(data); err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(name)
		}
		return err
	}
	beside := filepath.Join(filepath.Dir(name), ".shakeout-"+filepath.Base(name)+".tmp")
	if err := os.WriteFile(beside, data, 0o666); err != nil {
		return err
	}
	if err := os.Rename(beside, name); err != nil {
		os.Remove(beside)
		return err
	}
	return nil
}
