package main

// Keeps the modules in go.mod until their users are written.
import (
	_ "github.com/gofrs/flock"
	_ "github.com/google/renameio/v2"
	_ "github.com/klauspost/compress/flate"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "github.com/rs/zerolog"
	_ "github.com/spf13/cobra"
	_ "github.com/xuri/excelize/v2"
	_ "golang.org/x/sync/errgroup"
	_ "golang.org/x/term"
	_ "gonum.org/v1/gonum/stat/distuv"
)
