package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bench is what the rows of the table are measured with.
type bench struct {
	dir           string
	pairs, folder int
	self, program string
}

// sample is one run of a process.
type sample struct {
	cpu, wall float64 // seconds
	peak      float64 // MB; 0 where the system does not say
	out       []byte
}

// command is a process that can be run again and again. {out} in its arguments
// becomes a new folder each time.
type command struct {
	args []string
	env  []string
}

func (c command) with(env ...string) command { c.env = env; return c }

// run runs it once.
func (b *bench) run(c command) (sample, error) {
	out := filepath.Join(b.dir, "out")
	if err := os.RemoveAll(out); err != nil {
		return sample{}, err
	}
	if err := os.Mkdir(out, 0o777); err != nil {
		return sample{}, err
	}
	args := slices.Clone(c.args)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "{out}", out)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), c.env...)
	var said, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &complaints
	start := time.Now()
	err := cmd.Run()
	s := sample{wall: time.Since(start).Seconds(), out: said.Bytes()}
	if err != nil {
		return s, fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, complaints.Bytes())
	}
	s.cpu = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	s.peak = peakOf(cmd.ProcessState)
	return s, nil
}

// paired are the medians of two commands run in turn, and of the ratios of
// each pair, a to b.
type paired struct {
	a, b      sample
	cpu, wall float64
	n         int
}

func (b *bench) pair(n int, a, other command) (p paired, err error) {
	var as, bs []sample
	var cpu, wall []float64
	for range max(1, n) {
		x, err := b.run(a)
		if err != nil {
			return p, err
		}
		y, err := b.run(other)
		if err != nil {
			return p, err
		}
		as, bs = append(as, x), append(bs, y)
		cpu, wall = append(cpu, x.cpu/y.cpu), append(wall, x.wall/y.wall)
	}
	return paired{mid(as), mid(bs), median(cpu), median(wall), len(as)}, nil
}

// repeat runs one command alone.
func (b *bench) repeat(n int, c command) (sample, error) {
	var all []sample
	for range max(1, n) {
		s, err := b.run(c)
		if err != nil {
			return s, err
		}
		all = append(all, s)
	}
	return mid(all), nil
}

// mid is the median of each figure; the peak is the highest.
func mid(all []sample) (m sample) {
	var cpu, wall []float64
	for _, s := range all {
		cpu, wall = append(cpu, s.cpu), append(wall, s.wall)
		m.peak = max(m.peak, s.peak)
	}
	m.cpu, m.wall, m.out = median(cpu), median(wall), all[0].out
	return m
}

func median(xs []float64) float64 {
	xs = slices.Sorted(slices.Values(xs))
	n := len(xs)
	return (xs[(n-1)/2] + xs[n/2]) / 2
}
