package jobs

import "golang.org/x/sys/unix"

// remote reports whether a folder lies on another machine: there SQLite's
// write-ahead log is not safe, and changes by others raise no events here.
func remote(folder string) bool {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return false
	}
	return remoteKind(int64(st.Type))
}

// remoteKind knows file systems of the network by their number, as statfs(2)
// lists them.
func remoteKind(kind int64) bool {
	switch uint32(kind) {
	case unix.NFS_SUPER_MAGIC, unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC,
		unix.V9FS_MAGIC, unix.AFS_SUPER_MAGIC, unix.CEPH_SUPER_MAGIC, unix.CODA_SUPER_MAGIC:
		return true
	}
	return false
}

// freeSpace is the number of bytes that may still be written below a folder.
func freeSpace(folder string) (int64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, false
	}
	return int64(st.Bavail) * int64(st.Bsize), true
}
