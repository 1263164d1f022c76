package jobs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // file:///FOLDER
	"gocloud.dev/gcerrors"
)

// IN and OUT may be buckets: s3://BUCKET/FOLDER?region=... and, mostly for tests,
// file:///FOLDER. S3 makes the program 11.6 MB larger, of 91, and no slower to start; the build tag
// nos3 leaves it out. Within the program a bucket is a path, s3:/BUCKET/FOLDER, and a
// Disk that leads such paths to the bucket. So everything that is done with files is
// done with objects, by the same code.
//
// An object appears whole or not at all. So nothing waits for the quiet period, and a
// temporary file never leaves the program: what is renamed is uploaded under its name.
//
// Note: an object's ETag is not the hash of its content. For some ways of uploading
// it is, for others (in parts, encrypted) it is not; nothing here asks it. Content is
// known by the SHA-256 of the bytes that were read.

// Why a place is not used.
var (
	ErrNoS3       = errors.New("the program was built without S3")
	ErrNeedsQueue = errors.New("a bucket needs a queue")
)

// bucketTime is how long one call to a bucket may take.
const bucketTime = 10 * time.Minute

// isURL reports whether IN or OUT is said as a bucket.
func isURL(name string) bool { return strings.Contains(name, "://") }

// isBucket reports whether a path within the program leads into a bucket.
func isBucket(name string) bool {
	return strings.HasPrefix(name, "s3:/") || strings.HasPrefix(name, "file:/")
}

// places is a disk on which paths may lead into buckets.
type places struct {
	Disk
	mu      sync.Mutex
	buckets map[string]*blob.Bucket // by path
	pending map[string][]byte       // temporary files
	made    map[string]bool         // folders: a bucket has none
}

func newPlaces(d Disk) *places {
	if p, ok := d.(*places); ok {
		return p
	}
	return &places{Disk: d, buckets: map[string]*blob.Bucket{}, pending: map[string][]byte{}, made: map[string]bool{}}
}

// at gives the path of IN or OUT, and the address that has to be opened for it; ""
// for a folder.
func at(name string) (place, address string, err error) {
	if !isURL(name) {
		return name, "", nil
	}
	u, err := url.Parse(name)
	if err != nil {
		return "", "", err
	}
	folder := path.Clean("/" + u.Path)
	switch u.Scheme {
	case "s3":
		u.Path = ""
		return path.Join("s3:/"+u.Host, folder), u.String(), nil
	case "file":
		q := u.Query()
		q.Set("metadata", "skip") // no files beside the files
		u.RawQuery = q.Encode()
		return "file:" + folder, u.String(), nil
	}
	return "", "", fmt.Errorf("%s: no bucket is called so", name)
}

// open opens the buckets of some addresses, unless they are open.
func (p *places) open(ctx context.Context, addresses ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range addresses {
		if a == "" {
			continue
		}
		place, _, err := at(a)
		if err != nil {
			return err
		}
		if p.buckets[place] != nil {
			continue
		}
		b, err := blob.OpenBucket(ctx, a)
		if err != nil && strings.HasPrefix(a, "s3:") && !blob.DefaultURLMux().ValidBucketScheme("s3") {
			err = ErrNoS3
		}
		if err != nil {
			return fmt.Errorf("open %s: %w", Hidden(a), err)
		}
		p.buckets[place] = b
	}
	return nil
}

// find gives the bucket of a path, and the key in it.
func (p *places) find(name string) (*blob.Bucket, string) {
	if !isBucket(name) {
		return nil, ""
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for place, b := range p.buckets {
		if name == place {
			return b, ""
		}
		if key, ok := strings.CutPrefix(name, strings.TrimSuffix(place, "/")+"/"); ok {
			return b, key
		}
	}
	return nil, ""
}

// shown is a path as people write it.
func shown(name string) string {
	switch {
	case strings.HasPrefix(name, "file:/"):
		return strings.Replace(name, ":/", ":///", 1) // no host
	case isBucket(name):
		return strings.Replace(name, ":/", "://", 1)
	}
	return name
}

// asks calls a bucket; what is not there is fs.ErrNotExist.
func asks[T any](do func(context.Context) (T, error), op, name string) (T, error) {
	ctx, cancel := context.WithTimeout(context.Background(), bucketTime)
	defer cancel()
	v, err := do(ctx)
	if err != nil {
		if gcerrors.Code(err) == gcerrors.NotFound {
			err = fs.ErrNotExist
		}
		err = &fs.PathError{Op: op, Path: name, Err: err}
	}
	return v, err
}

func (p *places) Open(name string) (File, error) {
	b, key := p.find(name)
	if b == nil {
		return p.Disk.Open(name)
	}
	return asks(func(ctx context.Context) (File, error) {
		r, err := b.NewReader(ctx, key, nil)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		data, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		return &object{from: bytes.NewReader(data), info: objectInfo{name: name, size: r.Size(), at: r.ModTime()}}, nil
	}, "open", name)
}

func (p *places) Create(name string) (File, error) {
	if b, _ := p.find(name); b == nil {
		return p.Disk.Create(name)
	}
	return &object{places: p, info: objectInfo{name: name}}, nil
}

// put uploads an object.
func (p *places) put(name string, data []byte) error {
	b, key := p.find(name)
	_, err := asks(func(ctx context.Context) (any, error) {
		return nil, b.WriteAll(ctx, key, data, &blob.WriterOptions{ContentType: "application/octet-stream"})
	}, "upload", name)
	return err
}

func (p *places) Rename(from, to string) error {
	if b, _ := p.find(to); b == nil {
		return p.Disk.Rename(from, to)
	}
	p.mu.Lock()
	data, ok := p.pending[from]
	delete(p.pending, from)
	p.mu.Unlock()
	if !ok {
		return &fs.PathError{Op: "rename", Path: from, Err: fs.ErrNotExist}
	}
	return p.put(to, data)
}

// Mkdir remembers a folder: it is there when something is in it.
func (p *places) Mkdir(name string) error {
	if b, _ := p.find(name); b == nil {
		return p.Disk.Mkdir(name)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made[name] = true
	return nil
}

func (p *places) Remove(name string) error {
	b, key := p.find(name)
	if b == nil {
		return p.Disk.Remove(name)
	}
	p.mu.Lock()
	_, pending := p.pending[name]
	folder := p.made[name]
	delete(p.pending, name)
	delete(p.made, name)
	p.mu.Unlock()
	if pending || folder {
		return nil
	}
	_, err := asks(func(ctx context.Context) (any, error) { return nil, b.Delete(ctx, key) }, "remove", name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // a folder, or gone
	}
	return err
}

func (p *places) Stat(name string) (fs.FileInfo, error) {
	b, key := p.find(name)
	if b == nil {
		return p.Disk.Stat(name)
	}
	p.mu.Lock()
	folder := p.made[name]
	p.mu.Unlock()
	if folder {
		return objectInfo{name: name, dir: true}, nil
	}
	return asks(func(ctx context.Context) (fs.FileInfo, error) {
		if key != "" {
			a, err := b.Attributes(ctx, key)
			if err == nil {
				return objectInfo{name: name, size: a.Size, at: a.ModTime, hint: a.MD5}, nil
			}
			if gcerrors.Code(err) != gcerrors.NotFound {
				return nil, err
			}
			key += "/"
		}
		_, err := b.List(&blob.ListOptions{Prefix: key}).Next(ctx)
		if err == io.EOF && key != "" {
			return nil, fs.ErrNotExist
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		return objectInfo{name: name, dir: true}, nil
	}, "stat", name)
}

func (p *places) ReadDir(name string) ([]fs.DirEntry, error) {
	b, key := p.find(name)
	if b == nil {
		return p.Disk.ReadDir(name)
	}
	if key != "" {
		key += "/"
	}
	return asks(func(ctx context.Context) (all []fs.DirEntry, err error) {
		list := b.List(&blob.ListOptions{Prefix: key, Delimiter: "/"})
		for {
			o, err := list.Next(ctx)
			if err == io.EOF {
				slices.SortFunc(all, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
				return all, nil
			}
			if err != nil {
				return nil, err
			}
			if o.Key != key { // what some programs put there for a folder
				all = append(all, fs.FileInfoToDirEntry(objectInfo{name: name + "/" + strings.TrimSuffix(strings.TrimPrefix(o.Key, key), "/"), size: o.Size, at: o.ModTime, hint: o.MD5, dir: o.IsDir}))
			}
		}
	}, "list", name)
}

func (p *places) Resolve(name string) (string, error) {
	if b, _ := p.find(name); b == nil {
		return p.Disk.Resolve(name)
	}
	return name, nil
}

func (p *places) SyncFolder(name string) error {
	if b, _ := p.find(name); b == nil {
		return p.Disk.SyncFolder(name)
	}
	return nil
}

// object is an open object: its bytes, or those that it is to have so far.
type object struct {
	from   *bytes.Reader
	to     bytes.Buffer
	places *places // nil: it is read
	info   objectInfo
}

func (o *object) Read(b []byte) (int, error) {
	if o.places != nil {
		return 0, fs.ErrInvalid
	}
	return o.from.Read(b)
}

func (o *object) Write(b []byte) (int, error) { return o.to.Write(b) }

// ReadAt reads also what was written: a result is looked at before it is published.
func (o *object) ReadAt(b []byte, at int64) (int, error) {
	if o.places != nil {
		return bytes.NewReader(o.to.Bytes()).ReadAt(b, at)
	}
	return o.from.ReadAt(b, at)
}

func (o *object) Stat() (fs.FileInfo, error) { return o.info, nil }
func (o *object) Sync() error                { return nil }

func (o *object) Close() error {
	if o.places == nil {
		return nil
	}
	if !isTemp(filepath.Base(o.info.name)) {
		return o.places.put(o.info.name, o.to.Bytes())
	}
	o.places.mu.Lock()
	defer o.places.mu.Unlock()
	o.places.pending[o.info.name] = o.to.Bytes()
	return nil
}

// objectInfo is what a bucket says of an object.
type objectInfo struct {
	name string
	size int64
	at   time.Time
	hint []byte // of some uploads, the MD5: another one means another content, none and the same one mean nothing
	dir  bool
}

func (i objectInfo) Name() string       { return path.Base(i.name) }
func (i objectInfo) Size() int64        { return i.size }
func (i objectInfo) ModTime() time.Time { return i.at.Truncate(time.Second) } // lists and headers differ below
func (i objectInfo) IsDir() bool        { return i.dir }
func (i objectInfo) Sys() any           { return i }
func (i objectInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o777
	}
	return 0o666
}

// mark is the hint as the stamp of a file has it in the place of the inode.
func (i objectInfo) mark() uint64 {
	if len(i.hint) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(i.hint) >> 1
}
