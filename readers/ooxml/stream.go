package ooxml

import (
	"context"
	"errors"
	"io"
)

// A part is read in blocks: it is never whole in memory. A large part is
// inflated by a goroutine of its own while the blocks before are parsed, so that
// two cores share the work of one sheet (inflating and parsing take about the
// same time).

const (
	blockBytes = 256 << 10
	// headBytes is free space before each block's text: what the parser could not
	// finish at the end of one block is copied there, in front of the next.
	headBytes = 16 << 10
	// aheadBytes is from what size on a goroutine is worth its start.
	aheadBytes = 512 << 10
)

// block is a piece of a part's text, or why there is no more.
type block struct {
	buf []byte // headBytes of free space, then the text
	err error  // io.EOF after the last
}

// stream hands out the blocks of a part.
type stream struct {
	ctx   context.Context
	r     io.Reader
	block int // bytes read at a time
	spare []byte
	done  bool

	ahead  chan block // of a large part, from its goroutine
	back   chan []byte
	cancel context.CancelFunc
}

// newStream begins to read r, which inflates to size bytes.
func newStream(ctx context.Context, r io.Reader, size uint64) *stream {
	s := &stream{ctx: ctx, r: r, block: blockBytes}
	if size < blockBytes {
		s.block = int(size) + 1 // a byte more, so that the end shows
	}
	if size >= aheadBytes {
		var inner context.Context
		inner, s.cancel = context.WithCancel(ctx)
		s.ahead, s.back = make(chan block, 2), make(chan []byte, 4)
		go func() {
			defer close(s.ahead)
			for {
				var buf []byte
				select {
				case buf = <-s.back:
				default:
				}
				b := s.read(buf)
				select {
				case s.ahead <- b:
				case <-inner.Done():
					return
				}
				if b.err != nil {
					return
				}
			}
		}()
	}
	return s
}

// read fills a block.
func (s *stream) read(buf []byte) block {
	if cap(buf) < headBytes+s.block {
		buf = make([]byte, headBytes+s.block)
	}
	buf = buf[:headBytes+s.block]
	n, err := io.ReadFull(s.r, buf[headBytes:])
	if err == io.ErrUnexpectedEOF && n > 0 {
		// A short block. Whether the part ended well the next read says.
		err = nil
	}
	return block{buf[:headBytes+n], err}
}

// giveBack hands over a block that is used up, to be filled again.
func (s *stream) giveBack(buf []byte) {
	switch {
	case cap(buf) != headBytes+s.block:
	case s.ahead == nil:
		s.spare = buf
	default:
		select {
		case s.back <- buf:
		default:
		}
	}
}

// next is the next block. io.EOF ends a part whose size and sum are right.
func (s *stream) next() ([]byte, error) {
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if s.done {
		return nil, io.EOF
	}
	var b block
	if s.ahead == nil {
		b, s.spare = s.read(s.spare), nil
	} else {
		var ok bool
		if b, ok = <-s.ahead; !ok {
			if err := s.ctx.Err(); err != nil {
				return nil, err
			}
			return nil, errors.New("read after the end")
		}
	}
	if b.err != nil {
		s.done = true
		return nil, b.err
	}
	return b.buf, nil
}

// close ends reading. A goroutine that inflates ahead stops at its next block.
func (s *stream) close() {
	if s.cancel != nil {
		s.cancel()
		for range s.ahead {
		}
	}
}
